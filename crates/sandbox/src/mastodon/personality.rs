//! Owns what may differ between servers that speak Mastodon's API: each difference is an enum, each server a value.
//!
//! The engine asks these and nothing else: no part of it knows a server's name. The values are in [`table`].

mod api;
mod consent;
mod exchange;
mod registration;
mod table;

pub(super) use api::*;
pub(super) use consent::*;
pub(super) use exchange::*;
pub(super) use registration::*;
pub(super) use table::{ALL, NAMES};

/// One kind of server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Personality {
    /// `mastodon-4.6`
    pub(super) name: &'static str,
    /// As people write it.
    pub(super) title: &'static str,
    /// What a client must know, for the home page.
    pub(super) quirks: &'static [&'static str],
    pub(super) software: Software,
    pub(super) dialect: Dialect,
    pub(super) registration: Registration,
    pub(super) consent: Consent,
    pub(super) exchange: Exchange,
    pub(super) api: Api,
}

/// How it names itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Software {
    /// `software.name` of nodeinfo.
    pub(super) name: &'static str,
    /// `software.version` of nodeinfo.
    pub(super) version: &'static str,
    /// `version` of `/api/v1/instance`.
    pub(super) shown: &'static str,
    /// `api_versions.mastodon` of `/api/v2/instance`.
    pub(super) api_version: Option<u32>,
    /// Whether there is `/api/v2/instance`.
    pub(super) has_v2: bool,
    /// Whether `uri` of `/api/v1/instance` is a whole URL.
    pub(super) uri_is_url: bool,
}

/// In whose words errors are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Akkoma,
    Doorkeeper,
    Friendica,
    GoToSocial,
    Hollo,
    Mitra,
    Pixelfed,
    Snac,
    Takahe,
}
