//! Owns the meaning of the API's errors: the whole table, a line for each code.
//!
//! The code decides, then the subcode; VK's `error_msg`, which is not localized, only tells the variants of one code
//! apart. `error_text`, which is, never decides. An unknown code says nothing about the token: neither dead nor fine.

use grantkeep_core::Outcome;

/// What an error means for the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The person's account is blocked, deactivated or deleted.
    AccountBlocked,
    /// The token lives: VK knew it, and refused only this call for lack of a right.
    Alive,
    /// The application is disabled or blocked, and with it every token of it.
    AppBlocked,
    /// The request or the application's settings are wrong.
    Configuration,
    /// Withdrawn, or never valid.
    Dead,
    /// Its time is up.
    Expired,
    /// VK wants a person: captcha, validation, confirmation.
    NeedsPerson,
    /// Bound to another network address than the one we asked from.
    OtherAddress,
    /// VK cannot say now.
    Transient,
    /// Says nothing about the token.
    Unknown,
}

impl Class {
    /// What it is as evidence.
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::AccountBlocked => Outcome::AccountBlocked,
            Self::Alive => Outcome::Alive,
            Self::AppBlocked => Outcome::AppBlocked,
            Self::Configuration => Outcome::Misconfigured,
            Self::Dead => Outcome::Revoked,
            Self::Expired => Outcome::Expired,
            Self::NeedsPerson => Outcome::NeedsHuman,
            Self::OtherAddress => Outcome::OtherAddress,
            Self::Transient | Self::Unknown => Outcome::Unclear,
        }
    }
}

/// One error of the API. Holds VK's numbers and what they mean, nothing of its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiFault {
    /// `error_code`.
    pub code: u32,
    /// `error_subcode`; meaningful only together with the code.
    pub subcode: Option<u32>,
    /// What they mean.
    pub class: Class,
}

impl ApiFault {
    /// Reads an error. `message` is `error_msg`; it is looked at and not kept.
    pub fn new(code: u32, subcode: Option<u32>, message: &str) -> Self {
        let holds = |when: When| match when {
            When::Always => true,
            When::Says(phrase) => contains(message, phrase),
            When::Subcode(number) => subcode == Some(number),
        };
        let row = TABLE.iter().find(|(row, when, _)| *row == code && holds(*when));
        Self { code, subcode, class: row.map_or(Class::Unknown, |(_, _, class)| *class) }
    }

    /// Our word for it: `vk_10`, `vk_5_1130`.
    pub fn cause(&self) -> String {
        match self.subcode {
            None => format!("vk_{}", self.code),
            Some(subcode) => format!("vk_{}_{subcode}", self.code),
        }
    }
}

/// Whether a message has a phrase in it, in any case of ASCII letters. Copies nothing: old messages held tokens.
fn contains(message: &str, phrase: &str) -> bool {
    message.as_bytes().windows(phrase.len()).any(|window| window.eq_ignore_ascii_case(phrase.as_bytes()))
}

/// When a line of the table holds.
#[derive(Clone, Copy)]
enum When {
    Always,
    Says(&'static str),
    Subcode(u32),
}

use Class::{
    AccountBlocked, Alive, AppBlocked, Configuration, Dead, Expired, NeedsPerson, OtherAddress, Transient, Unknown,
};
use When::{Always, Says, Subcode};

/// What each code means; of the lines of one code the first that holds. Codes and messages: VK's API schema
/// (`errors.json`, 5.199), its SDKs for Android and iOS, dev.vk.com "Error codes", and answers seen in public.
#[rustfmt::skip]
const TABLE: &[(u32, When, Class)] = &[
    (1, Always, Transient),                             // Unknown error occurred
    (2, Always, AppBlocked),                            // Application is disabled. Enable your application or use test mode
    (3, Always, Configuration),                         // Unknown method passed
    (4, Always, Dead),                                  // Incorrect signature; VK's Android SDK takes it as invalid credentials
    (5, Subcode(1130), OtherAddress),                   // User authorization failed: access_token was given to another ip address.
    (5, Says("another ip address"), OtherAddress),      // the same without its subcode
    (5, Says("expired"), Expired),                      // access_token has expired. / access_token have heen expired.
    (5, Says("user is blocked"), AccountBlocked),
    (5, Says("user is deactivated"), AccountBlocked),
    (5, Says("no access_token passed"), Configuration), // the token got lost on its way
    (5, Says("sig param"), Configuration),              // You should specify sig param for nohttps requests
    (5, Says("check later"), Transient),                // could not check access_token now: VK says so under 10
    (5, Always, Dead),                                  // invalid access_token (4). / invalid session. / user revoke access for this token.
    (6, Always, Transient),                             // Too many requests per second
    (7, Always, Alive),                                 // Permission to perform this action is denied
    (8, Says("application is blocked"), AppBlocked),    // Invalid request: Application is blocked
    (8, Always, Configuration),                         // Invalid request
    (9, Always, Transient),                             // Flood control
    (10, Always, Transient),                            // Internal server error: could not check access_token now, check later.
    (13, Always, Transient),                            // Runtime error occurred during code invocation
    (14, Always, NeedsPerson),                          // Captcha needed
    (15, Always, Alive),                                // Access denied; 1133: not with these scopes, 1134: not for this type of app
    (16, Always, Configuration),                        // HTTP authorization failed
    (17, Always, NeedsPerson),                          // Validation required: please open redirect_uri in browser
    (18, Always, AccountBlocked),                       // User was deleted or banned
    (20, Always, Alive),                                // Permission to perform this action is denied for non-standalone applications
    (21, Always, Alive),                                // Permission … is allowed only for standalone and OpenAPI applications
    (23, Always, Configuration),                        // This method was disabled
    (24, Always, NeedsPerson),                          // Confirmation required
    (25, Always, NeedsPerson),                          // Token confirmation required
    (27, Says("method is unavailable"), Alive),         // Group authorization failed: method is unavailable with group auth.
    (27, Says("expired"), Expired),                     // a community's token past its end
    (27, Always, Dead),                                 // Group authorization failed: a deleted community token
    (28, Says("method is unavailable"), Alive),         // Application authorization failed: method is unavailable with service token.
    (28, Says("expired"), Expired),                     // Application authorization failed: access_token has expired.
    (28, Always, Dead),                                 // Application authorization failed
    (29, Always, Transient),                            // Rate limit reached
    (30, Always, Alive),                                // This profile is private
    (34, Always, Configuration),                        // Client version deprecated
    (35, Always, Configuration),                        // Client update needed
    (36, Always, Transient),                            // Method execution was interrupted due to timeout
    (37, Always, AccountBlocked),                       // User was banned
    (42, Always, Configuration),                        // IP is not allowed: the application's own list of addresses
    (43, Always, Transient),                            // This section is temporary unavailable
    (100, Always, Configuration),                       // One of the parameters specified was missing or invalid
    (101, Always, Configuration),                       // Invalid application API ID
    (113, Always, Unknown),                             // Invalid user id: about the parameter, not the token
    (125, Always, Unknown),                             // Invalid group id: the same
    (203, Always, Alive),                               // Access to group denied
    (1051, Always, Alive),                              // Method is not available for this profile type
    (1105, Always, Transient),                          // Too many auth attempts, try again later
    (1114, Always, Expired),                            // Anonymous token has expired
    (1116, Always, Dead),                               // Anonymous token is invalid
    (1117, Always, Expired),                            // Access token has expired
    (1118, Always, OtherAddress),                       // Anonymous token ip mismatch
    (3300, Always, NeedsPerson),                        // Recaptcha needed
    (3301, Always, NeedsPerson),                        // Phone validation needed
    (3302, Always, NeedsPerson),                        // Password validation needed
    (3303, Always, NeedsPerson),                        // Otp app validation needed
    (3304, Always, NeedsPerson),                        // Email confirmation needed
    (3305, Always, NeedsPerson),                        // Assert votes
    (3609, Always, NeedsPerson),                        // Token extension required
    (3610, Always, AccountBlocked),                     // User is deactivated
    (3611, Always, Unknown),                            // Service is deactivated for user: one service, perhaps not ours
    (9999, Always, Configuration),                      // Not supported http method
    (11500, Always, NeedsPerson),                       // CheckUserAction confirmation required
];

#[cfg(test)]
mod tests;
