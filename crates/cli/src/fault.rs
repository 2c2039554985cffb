//! Owns why a command failed: its exit code, what happened, and what to do.

use std::borrow::Cow;

/// Why a command failed. The number is its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Failed = 1,
    Usage = 2,
    NeedsPerson = 3,
    NoClearAnswer = 4,
    NoSuchThing = 5,
}

/// A failed command, in words. Never holds a secret.
#[derive(Debug)]
pub(crate) struct CliFault {
    kind: Kind,
    pub(crate) what: Cow<'static, str>,
    pub(crate) hint: Cow<'static, str>,
}

impl CliFault {
    pub(crate) fn new(kind: Kind, what: impl Into<Cow<'static, str>>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, what: what.into(), hint: hint.into() }
    }

    pub(crate) fn failed(what: impl Into<Cow<'static, str>>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Failed, what, hint)
    }

    pub(crate) fn usage(what: impl Into<Cow<'static, str>>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Usage, what, hint)
    }

    pub(crate) const fn code(&self) -> u8 {
        self.kind as u8
    }
}
