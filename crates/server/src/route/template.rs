//! Owns the templates of paths: a path without what stands for a particular thing. Their number is the place of their counts.

/// A path without what stands for a particular thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Template {
    Asset,
    Audit,
    Authorization,
    Authorize,
    AuthorizeImplicit,
    CalendarAddress,
    Capture,
    CheckCredential,
    Connect,
    Credential,
    Credentials,
    Docs,
    Document,
    Ending,
    Examine,
    Feed,
    Forecast,
    HandOut,
    Healthz,
    Keys,
    Metrics,
    /// Of a request that came to no route.
    None,
    Providers,
    Readyz,
    RefreshCredential,
    RevokeCredential,
    RevokeKey,
    Submit,
    TestProvider,
    TokenStatus,
    VerifyAudit,
}

impl Template {
    /// Every template's text, in order.
    pub(crate) const ALL: [&'static str; 31] = [
        "/assets/{name}",
        "/api/v1/audit",
        "/api/v1/oauth/{provider}/authorizations/{authorization_id}",
        "/api/v1/oauth/{provider}/authorize",
        "/api/v1/oauth/vk/authorize/implicit",
        "/local/calendar",
        "/callback/{provider}",
        "/api/v1/credentials/{id}/check",
        "/connect/{ticket}",
        "/api/v1/credentials/{id}",
        "/api/v1/credentials",
        "/docs",
        "/openapi.json",
        "/done/{authorization_id}",
        "/local/examine",
        "/calendar/{secret}.ics",
        "/api/v1/forecast",
        "/api/v1/oauth/{provider}/token",
        "/healthz",
        "/local/keys",
        "/metrics",
        "-",
        "/api/v1/providers",
        "/readyz",
        "/api/v1/credentials/{id}/refresh",
        "/api/v1/credentials/{id}/revoke",
        "/local/keys/{id}",
        "/api/v1/oauth/{provider}/token/submit",
        "/api/v1/providers/{provider}/test",
        "/api/v1/oauth/{provider}/token/status",
        "/local/audit/verify",
    ];

    /// For the log.
    pub(crate) fn as_str(self) -> &'static str {
        Self::ALL.get(self as usize).copied().unwrap_or("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_text() {
        for (template, text) in [
            (Template::Asset, "/assets/{name}"),
            (Template::Credentials, "/api/v1/credentials"),
            (Template::HandOut, "/api/v1/oauth/{provider}/token"),
            (Template::None, "-"),
            (Template::VerifyAudit, "/local/audit/verify"),
        ] {
            assert_eq!(template.as_str(), text);
        }
        assert_eq!(Template::VerifyAudit as usize + 1, Template::ALL.len());
    }
}
