//! Owns the use cases: submit, status, check, hand out, forget, issue keys, take care. An application can embed this.
//!
//! It decides; it neither encrypts, stores, sends nor speaks HTTP itself. No transaction is open while a provider is called.

mod ask;
mod care;
mod fault;
mod hand_out;
mod keeper;
mod key;
mod settle;
mod submit;
mod unlock;
mod watch;

pub use care::Health;
pub use fault::KeepFault;
pub use hand_out::HandOut;
pub use keeper::{Keeper, Parts, World};
pub use settle::UNVERIFIED;
pub use submit::{Submission, Submitted};
pub use unlock::{UnlockFault, unlock};

pub use grantkeep_store::{ApiKey, Found, Listing, StoreFault};
pub use grantkeep_vk::Settings as VkSettings;

#[cfg(test)]
mod tests;
