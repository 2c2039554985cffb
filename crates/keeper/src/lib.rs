//! Owns the use cases: log in, submit, status, check, hand out, revoke, forget, issue keys, take care. An application can embed
//! this.
//!
//! It decides; it neither encrypts, stores, sends nor speaks HTTP itself. No transaction is open while a provider is called.

mod application;
mod ask;
mod attempt;
mod audit;
mod begin;
mod capture;
mod care;
mod connect;
mod device;
mod exchange;
mod fault;
mod forecast;
mod hand_out;
mod keeper;
mod key;
mod metrics;
mod notice;
mod probe;
mod provider;
mod refresh;
mod revoke;
mod settle;
mod site;
mod submit;
mod ticket;
mod unlock;
mod watch;

pub use attempt::{Attempt, Ending};
pub use audit::{AuditFound, acting_as};
pub use begin::{Begin, Begun, DeviceCode};
pub use capture::{Arrival, CaptureFault};
pub use care::Health;
pub use connect::{Invitation, Spent};
pub use fault::KeepFault;
pub use forecast::{Census, Forecast};
pub use hand_out::{HandOut, Wanted};
pub use keeper::{Keeper, Parts, World};
pub use metrics::{Counts, Durations, Metrics};
pub use probe::{Probed, ProviderTest};
pub use provider::{GrantType, OAuth2Settings, ProviderView, Providers, VkCodeSettings, VkIdSettings};
pub use submit::{Submission, Submitted};
pub use ticket::{RenewalBegun, RenewalInvitation};
pub use unlock::{UnlockFault, unlock};

pub use grantkeep_core::event::{Damaged, Recorded};
pub use grantkeep_oauth::{Endpoint, EndpointFault, Issuer, IssuerFault, Method};
pub use grantkeep_store::{ApiKey, DamagedCredential, DamagedKey, Found, KeyRow, Listing, Row, StoreFault, id_of};
pub use grantkeep_vk::Settings as VkSettings;

#[cfg(test)]
mod tests;
