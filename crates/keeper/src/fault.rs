//! Owns the reasons why a use case did not do what was asked.

use grantkeep_core::{Outcome, State, redirect::IntakeFault};
use grantkeep_seal::SealFault;
use grantkeep_store::StoreFault;
use thiserror::Error;

/// Why a use case did not do what was asked. Holds no name, no token, no text from outside.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeepFault {
    /// Several accounts fit, and none was named.
    #[error("several accounts fit")]
    AccountAmbiguous,
    /// There is no such credential, or it is another owner's: one answer for both.
    #[error("no such credential")]
    NotFound,
    /// The pasted text was not taken.
    #[error("the pasted text was not taken: {0}")]
    NotTaken(#[from] IntakeFault),
    /// The token belongs to someone else than the account that it would replace.
    #[error("the token belongs to someone else than the account")]
    OwnerChanged,
    /// The provider gave no clear answer, and without one the account's token must not be replaced.
    #[error("the provider gave no clear answer ({0})")]
    ProviderUnavailable(Box<str>),
    /// The provider refused the token.
    #[error("the provider refused the token ({cause})")]
    Refused {
        /// What the answer means.
        outcome: Outcome,
        /// Our word for why: `vk_5_1130`.
        cause: Box<str>,
    },
    /// A stored secret does not open.
    #[error(transparent)]
    Seal(#[from] SealFault),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The token cannot be handed out in this state.
    #[error("the token is {}", .0.as_str())]
    Unusable(State),
}
