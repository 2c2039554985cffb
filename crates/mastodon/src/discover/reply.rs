//! Owns the reading of what a server says about itself: nodeinfo, the instance API, WebFinger, redirects.
//!
//! Never panics, whatever the bytes. What is not understood is none; a status other than 200 is not understood.

use grantkeep_core::Answer;
use http::header::LOCATION;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::Software;
use crate::json::{self, Few, Map, Word};
use crate::software::Named;

/// How the kinds of nodeinfo documents are called, without their version.
const SCHEMA: &str = "http://nodeinfo.diaspora.software/ns/schema/";

/// Longest version that is kept, in characters.
const LONGEST_VERSION: usize = 32;

/// What a server says it runs.
pub(super) struct Found {
    /// None: a name that we do not know.
    pub(super) software: Option<Named>,
    /// For people.
    pub(super) version: Option<Box<str>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Links {
    links: Few<Map<Link>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Link {
    rel: Word,
    href: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NodeInfo {
    software: Map<Program>,
    metadata: Map<NodeMetadata>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Program {
    name: Word,
    version: Word,
}

/// What is outside the standard: some forks say what they are a fork of.
#[derive(Default, Deserialize)]
#[serde(default)]
struct NodeMetadata {
    upstream: Map<Program>,
}

/// `Instance` and `V1::Instance`, as far as we need them (docs.joinmastodon.org/entities/Instance).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Instance {
    domain: Word,
    uri: Word,
    version: Word,
}

/// Where a redirect leads.
pub(super) fn location(answer: &Answer, base: &Url) -> Option<Url> {
    base.join(answer.headers.get(LOCATION)?.to_str().ok()?).ok()
}

/// Path and query of a URL.
pub(super) fn path_of(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// The nodeinfo document to read: of version 2 if there is one (nodeinfo.diaspora.software, protocol).
pub(super) fn document(answer: &Answer) -> Option<Url> {
    let links = links(answer)?;
    let schemas = || links.iter().filter_map(|link| Some((link.rel.text()?.strip_prefix(SCHEMA)?, link.href.text()?)));
    let (_, href) = schemas().find(|(version, _)| version.starts_with("2.")).or_else(|| schemas().next())?;
    Url::parse(href).ok()
}

/// What a nodeinfo document says.
pub(super) fn node_info(answer: &Answer) -> Option<Found> {
    let NodeInfo { software: Map(software), metadata: Map(metadata) } = read(answer)?;
    let software = software?;
    let upstream = || metadata.as_ref()?.upstream.0.as_ref()?.name.text();
    let named = Software::from_nodeinfo(software.name.text()?).or_else(|| Software::from_nodeinfo(upstream()?));
    Some(Found { software: named, version: software.version.text().and_then(version) })
}

/// What the instance API says.
pub(super) fn instance(answer: &Answer) -> Option<Found> {
    let Instance { domain, uri, version: says } = read(answer)?;
    let says = says.text()?;
    domain.text().or(uri.text())?;
    Some(Found { software: Software::from_version(says), version: version(says) })
}

/// The actor's address in a WebFinger answer (RFC 7033 §4.4): it is at the person's server.
pub(super) fn self_link(answer: &Answer) -> Option<Url> {
    let links = links(answer)?;
    let link = links.iter().find(|link| link.rel.text() == Some("self"))?;
    Url::parse(link.href.text()?).ok()
}

fn links(answer: &Answer) -> Option<Vec<Link>> {
    let Links { links: Few(links) } = read(answer)?;
    Some(links.into_iter().filter_map(|Map(link)| link).collect())
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Option<T> {
    (answer.status == 200).then(|| json::object(&answer.body).ok())?
}

/// A version as it can be shown.
fn version(text: &str) -> Option<Box<str>> {
    let word = text.split_ascii_whitespace().next()?;
    let shown: String = word.chars().filter(char::is_ascii_graphic).take(LONGEST_VERSION).collect();
    (!shown.is_empty()).then(|| shown.into())
}
