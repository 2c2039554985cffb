//! Owns what a server says about itself to anybody: version, nodeinfo, OAuth metadata.

use serde_json::json;

use super::personality::{Metadata, Pkce};
use super::route;
use super::visit::Visit;
use crate::reply::{Payload, Reply, json as json_reply, reply, written};

/// Answers `GET /api/v1/instance`.
pub(super) fn v1(visit: &Visit<'_>) -> Reply {
    let software = visit.personality.software;
    let uri = if software.uri_is_url { visit.base.as_str() } else { visit.handle_domain() };
    let document = json!({
        "uri": uri, "title": title(visit), "short_description": ABOUT, "description": ABOUT, "email": "admin@example.org",
        "version": software.shown, "languages": ["en"], "registrations": false, "approval_required": false,
        "invites_enabled": false, "urls": { "streaming_api": visit.base }, "rules": [],
        "stats": { "user_count": PEOPLE, "status_count": PEOPLE, "domain_count": 0 },
    });
    json_reply(200, written(&document))
}

/// Answers `GET /api/v2/instance`.
pub(super) fn v2(visit: &Visit<'_>) -> Reply {
    let software = visit.personality.software;
    if !software.has_v2 {
        return route::missing(visit);
    }
    let mut document = json!({
        "domain": visit.handle_domain(), "title": title(visit), "version": software.shown,
        "source_url": "https://example.org/source", "description": ABOUT,
        "usage": { "users": { "active_month": PEOPLE } }, "thumbnail": { "url": null }, "icon": [],
        "languages": ["en"], "configuration": { "urls": {}, "limited_federation": false },
        "registrations": { "enabled": false, "approval_required": false, "message": null },
        "contact": { "email": "admin@example.org", "account": null }, "rules": [],
    });
    if let Some(version) = software.api_version {
        document["api_versions"] = json!({ "mastodon": version });
    }
    json_reply(200, written(&document))
}

const ABOUT: &str = "An emulated server: everybody and everything here is invented.";

/// As many people as there are, with a post each.
const PEOPLE: u32 = 4;

fn title(visit: &Visit<'_>) -> String {
    format!("{} (sandbox)", visit.personality.title)
}

/// Answers `/.well-known/nodeinfo`.
pub(super) fn nodeinfo_links(visit: &Visit<'_>) -> Reply {
    let link = json!({
        "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": format!("{}/nodeinfo/2.0", visit.base),
    });
    json_reply(200, written(&json!({ "links": [link] })))
}

/// Answers `/nodeinfo/2.0`.
pub(super) fn nodeinfo(visit: &Visit<'_>) -> Reply {
    let software = visit.personality.software;
    let document = json!({
        "version": "2.0", "software": { "name": software.name, "version": software.version },
        "protocols": ["activitypub"], "services": { "inbound": [], "outbound": [] },
        "usage": { "users": { "total": PEOPLE }, "localPosts": PEOPLE }, "openRegistrations": false,
        "metadata": { "nodeName": title(visit), "nodeDescription": ABOUT },
    });
    json_reply(200, written(&document))
}

/// Answers `/.well-known/oauth-authorization-server` (RFC 8414, but for the slash at the end of the issuer).
pub(super) fn metadata(visit: &Visit<'_>) -> Reply {
    match visit.personality.api.metadata {
        Metadata::Absent => return route::missing(visit),
        Metadata::FrontEnd => {
            let page = "<!DOCTYPE html>\n<html><head><title>Akkoma</title></head><body><noscript>To use Akkoma, please \
                        enable JavaScript.</noscript><div id=\"app\"></div></body></html>\n";
            return reply(200, "text/html; charset=utf-8", Payload::whole(page));
        }
        Metadata::Served => {}
    }
    let at = |path: &str| format!("{}{path}", visit.base);
    let mut document = json!({
        "issuer": at("/"), "authorization_endpoint": at("/oauth/authorize"), "token_endpoint": at("/oauth/token"),
        "revocation_endpoint": at("/oauth/revoke"), "scopes_supported": visit.personality.consent.known_scopes.all(),
        "response_types_supported": ["code"], "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "service_documentation": "https://docs.joinmastodon.org/", "app_registration_endpoint": at("/api/v1/apps"),
    });
    if visit.personality.consent.pkce == Pkce::S256 {
        document["code_challenge_methods_supported"] = json!(["S256"]);
    }
    if visit.personality.api.has_userinfo {
        document["userinfo_endpoint"] = json!(at("/oauth/userinfo"));
    }
    if visit.personality.consent.has_iss {
        document["authorization_response_iss_parameter_supported"] = json!(true);
    }
    json_reply(200, written(&document))
}
