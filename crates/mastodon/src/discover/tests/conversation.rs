//! The table of conversations.

/// What was typed, what is asked and answered, and what comes out.
type Conversation = (&'static str, &'static [(&'static str, &'static str)], &'static str);

pub(super) const CONVERSATIONS: &[Conversation] = &[
    // Mastodon: three requests.
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "mastodon/metadata.json"),
        ],
        "mstdn.jp mastodon 4.6.5 with metadata",
    ),
    (
        "http://127.0.0.1:8003",
        &[
            ("http://127.0.0.1:8003/.well-known/nodeinfo", "mastodon/nodeinfo_links_sandbox.json"),
            ("http://127.0.0.1:8003/nodeinfo/2.0", "mastodon/nodeinfo.json"),
            ("http://127.0.0.1:8003/.well-known/oauth-authorization-server", "mastodon/metadata_sandbox.json"),
        ],
        "http://127.0.0.1:8003 mastodon 4.6.5 with metadata",
    ),
    // A server on the local network, without encryption: its metadata is not asked for.
    (
        "http://mstdn.jp",
        &[
            ("http://mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links_plain.json"),
            ("http://mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
        ],
        "http://mstdn.jp mastodon_before_4.3 4.6.5",
    ),
    // A proxy that takes TLS off lets the server write http: the path counts.
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links_plain.json"),
            ("mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo_4.2.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "404 any/not_found.json"),
        ],
        "mstdn.jp mastodon_before_4.3 4.2.29",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo_fedibird.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "404 any/page.html"),
        ],
        "mstdn.jp mastodon_before_4.3 0.1",
    ),
    // Its relatives: two requests, or three where there may be metadata.
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "gotosocial/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "gotosocial/nodeinfo.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "404 any/empty.txt"),
        ],
        "mstdn.jp gotosocial 0.20.0-rc1+git-3a9",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "hollo/nodeinfo.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "hollo/metadata.json"),
        ],
        "mstdn.jp hollo 0.10.0 with metadata",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "akkoma/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "akkoma/nodeinfo.json"),
        ],
        "mstdn.jp akkoma 3.16.0-0-gabcdef",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "pleroma/nodeinfo.json"),
        ],
        "mstdn.jp pleroma 2.7.0",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "pixelfed/nodeinfo.json"),
        ],
        "mstdn.jp pixelfed 0.11.13",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "friendica/nodeinfo.json"),
        ],
        "mstdn.jp friendica 2024.09-rc",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "mitra/nodeinfo.json"),
        ],
        "mstdn.jp mitra 5.9.2",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "takahe/nodeinfo.json"),
        ],
        "mstdn.jp takahe 0.11.0",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "snac/nodeinfo.json"),
        ],
        "mstdn.jp snac 2.68",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "iceshrimp/nodeinfo.json"),
        ],
        "mstdn.jp iceshrimp.net 2025.1-beta5",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "sharkey/nodeinfo.json"),
        ],
        "mstdn.jp sharkey 2025.2.2",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "misskey/nodeinfo.json"),
        ],
        "Misskey",
    ),
    // Not in nodeinfo, or not in a name that we know: the instance API shows that Mastodon's API is spoken.
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "any/nodeinfo_links_1_and_junk.json"),
            ("mstdn.jp/nodeinfo/1.0?a=b", "any/nodeinfo_unheard_of.json"),
            ("mstdn.jp/api/v2/instance", "mastodon/instance_v2.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "mastodon/metadata.json"),
        ],
        "mstdn.jp unknown 1 with metadata",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "404 any/not_found.json"),
            ("mstdn.jp/api/v2/instance", "404 any/not_found.json"),
            ("mstdn.jp/api/v1/instance", "akkoma/instance_v1.json"),
        ],
        "mstdn.jp akkoma 2.7.2",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "any/nodeinfo_links_none.json"),
            ("mstdn.jp/api/v2/instance", "any/instance_without_version.json"),
            ("mstdn.jp/api/v1/instance", "mastodon/instance_v1.json"),
            // Where even Mastodon's relatives have none, they fail in many ways.
            ("mstdn.jp/.well-known/oauth-authorization-server", "500 any/page.html"),
        ],
        "mstdn.jp unknown 3.5.3",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "any/nodeinfo_odd.json"),
            ("mstdn.jp/api/v2/instance", "too_large"),
            ("mstdn.jp/api/v1/instance", "mastodon/instance_v1.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "any/page.html"),
        ],
        "mstdn.jp unknown 3.5.3",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "any/nodeinfo_links_not_http.json"),
            ("mstdn.jp/nodeinfo/2.0", "any/nodeinfo_odd_upstream.json"),
            ("mstdn.jp/api/v2/instance", "mastodon/instance_v2.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "any/metadata_incomplete.json"),
        ],
        "mstdn.jp unknown 4.6.5",
    ),
    // A handle's domain that is not its server.
    (
        "@me@mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "any/nodeinfo_wordpress.json"),
            ("mstdn.jp/api/v2/instance", "404 any/page.html"),
            ("mstdn.jp/api/v1/instance", "404 any/page.html"),
            ("mstdn.jp/.well-known/webfinger?resource=acct%3Ame%40mstdn.jp", "mastodon/webfinger.json"),
            ("web.mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links_web.json"),
            ("web.mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
            ("web.mstdn.jp/.well-known/oauth-authorization-server", "mastodon/metadata_web.json"),
        ],
        "web.mstdn.jp mastodon 4.6.5 with metadata",
    ),
    // Mastodon's documentation has the domain redirect WebFinger.
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "404 any/page.html"),
            ("mstdn.jp/api/v2/instance", "301 to:https://mstdn.jp/blog any/empty.txt"),
            ("mstdn.jp/api/v1/instance", "any/page.html"),
            (
                "mstdn.jp/.well-known/webfinger?resource=https%3A%2F%2Fmstdn.jp%2F",
                "301 to:https://web.mstdn.jp/.well-known/webfinger?resource=https%3A%2F%2Fmstdn.jp%2F any/empty.txt",
            ),
            ("web.mstdn.jp/.well-known/webfinger?resource=https%3A%2F%2Fmstdn.jp%2F", "mastodon/webfinger.json"),
            ("web.mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links_web.json"),
            ("web.mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
            ("web.mstdn.jp/.well-known/oauth-authorization-server", "mastodon/metadata_web.json"),
        ],
        "web.mstdn.jp mastodon 4.6.5 with metadata",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "302 to:https://web.mstdn.jp/.well-known/nodeinfo any/empty.txt"),
            ("web.mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links_web.json"),
            ("web.mstdn.jp/nodeinfo/2.0", "akkoma/nodeinfo.json"),
        ],
        "web.mstdn.jp akkoma 3.16.0-0-gabcdef",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links_web.json"),
            ("web.mstdn.jp/nodeinfo/2.0", "akkoma/nodeinfo.json"),
        ],
        "web.mstdn.jp akkoma 3.16.0-0-gabcdef",
    ),
    // Plain http that leads to https is gone over; the other way is not.
    (
        "http://mstdn.jp",
        &[
            ("http://mstdn.jp/.well-known/nodeinfo", "301 to:https://mstdn.jp/.well-known/nodeinfo any/empty.txt"),
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "akkoma/nodeinfo.json"),
        ],
        "mstdn.jp akkoma 3.16.0-0-gabcdef",
    ),
    (
        "@me@mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "302 to:http://web.mstdn.jp/.well-known/nodeinfo any/empty.txt"),
            ("mstdn.jp/api/v2/instance", "404 any/page.html"),
            ("mstdn.jp/api/v1/instance", "404 any/page.html"),
            ("mstdn.jp/.well-known/webfinger?resource=acct%3Ame%40mstdn.jp", "any/webfinger_plain.json"),
        ],
        "NotOfFamily",
    ),
    // Nothing of the kind.
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "404 any/page.html"),
            ("mstdn.jp/api/v2/instance", "any/page.html"),
            ("mstdn.jp/api/v1/instance", "any/list.json"),
            ("mstdn.jp/.well-known/webfinger?resource=https%3A%2F%2Fmstdn.jp%2F", "any/webfinger_none.json"),
        ],
        "NotOfFamily",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "404 any/page.html"),
            ("mstdn.jp/api/v2/instance", "any/page.html"),
            ("mstdn.jp/api/v1/instance", "any/list.json"),
            ("mstdn.jp/.well-known/webfinger?resource=https%3A%2F%2Fmstdn.jp%2F", "mastodon/webfinger_same.json"),
        ],
        "NotOfFamily",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "404 any/page.html"),
            ("mstdn.jp/api/v2/instance", "any/page.html"),
            ("mstdn.jp/api/v1/instance", "any/list.json"),
            ("mstdn.jp/.well-known/webfinger?resource=https%3A%2F%2Fmstdn.jp%2F", "any/webfinger_user_info.json"),
        ],
        "NotOfFamily",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "404 any/page.html"),
            ("mstdn.jp/api/v2/instance", "any/page.html"),
            ("mstdn.jp/api/v1/instance", "any/list.json"),
            ("mstdn.jp/.well-known/webfinger?resource=https%3A%2F%2Fmstdn.jp%2F", "any/page.html"),
        ],
        "NotOfFamily",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "404 any/page.html"),
            ("mstdn.jp/api/v2/instance", "any/page.html"),
            ("mstdn.jp/api/v1/instance", "any/list.json"),
            (
                "mstdn.jp/.well-known/webfinger?resource=https%3A%2F%2Fmstdn.jp%2F",
                "301 to:https://mstdn.jp/login any/empty.txt",
            ),
        ],
        "NotOfFamily",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "404 any/page.html"),
            ("mstdn.jp/api/v2/instance", "any/page.html"),
            ("mstdn.jp/api/v1/instance", "any/list.json"),
            ("mstdn.jp/.well-known/webfinger?resource=https%3A%2F%2Fmstdn.jp%2F", "any/null.json"),
        ],
        "NotOfFamily",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "404 any/page.html"),
            ("mstdn.jp/api/v2/instance", "any/page.html"),
            ("mstdn.jp/api/v1/instance", "any/list.json"),
            ("mstdn.jp/.well-known/webfinger?resource=https%3A%2F%2Fmstdn.jp%2F", "429 mastodon/too_many.json"),
        ],
        "Trouble(429)",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "404 any/page.html"),
            ("mstdn.jp/api/v2/instance", "any/page.html"),
            ("mstdn.jp/api/v1/instance", "any/list.json"),
            ("mstdn.jp/.well-known/webfinger?resource=https%3A%2F%2Fmstdn.jp%2F", "timeout"),
        ],
        "Unreachable(Timeout)",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "any/nodeinfo_links_user_info.json"),
            ("mstdn.jp/api/v2/instance", "403 any/page.html"),
            ("mstdn.jp/api/v1/instance", "403 any/page.html"),
            ("mstdn.jp/.well-known/webfinger?resource=https%3A%2F%2Fmstdn.jp%2F", "404 any/page.html"),
        ],
        "Trouble(403)",
    ),
    ("mstdn.jp", &[("mstdn.jp/.well-known/nodeinfo", "unreachable")], "Unreachable(Unreachable)"),
    ("10.0.0.1", &[("10.0.0.1/.well-known/nodeinfo", "forbidden")], "Unreachable(Forbidden)"),
    ("mstdn.jp", &[("mstdn.jp/.well-known/nodeinfo", "broken")], "Unreachable(Broken)"),
    // Metadata that lies, or cannot be had now.
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "any/metadata_foreign_endpoint.json"),
        ],
        "Misleading",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "any/metadata_foreign_issuer.json"),
        ],
        "Misleading",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "any/metadata_plain_endpoint.json"),
        ],
        "Misleading",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "mastodon/metadata_web.json"),
        ],
        "Misleading",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "503 any/bad_gateway.html"),
        ],
        "Trouble(503)",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "timeout"),
        ],
        "Unreachable(Timeout)",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "any/metadata_incomplete.json"),
        ],
        "mstdn.jp mastodon_before_4.3 4.6.5",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "302 to:/auth/sign_in any/empty.txt"),
        ],
        "mstdn.jp mastodon_before_4.3 4.6.5",
    ),
    (
        "mstdn.jp",
        &[
            ("mstdn.jp/.well-known/nodeinfo", "mastodon/nodeinfo_links.json"),
            ("mstdn.jp/nodeinfo/2.0", "mastodon/nodeinfo.json"),
            ("mstdn.jp/.well-known/oauth-authorization-server", "too_large"),
        ],
        "mstdn.jp mastodon_before_4.3 4.6.5",
    ),
];
