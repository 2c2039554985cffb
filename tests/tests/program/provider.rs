//! Providers as commands and the API know them: listed, asked whether they answer, and told to end what they gave.

use grantkeep_tests::harness::{
    home::Home,
    login::{Kind, LoginStage, MASTODON, Plan},
    provider::{Providers, Site},
};
use serde_json::json;

#[test]
fn a_token_is_withdrawn_at_the_provider_and_forgotten_here() {
    let stage = LoginStage::new();
    for (kind, status) in [(Kind::Acme, 204), (MASTODON, 204), (Kind::VkId, 204), (Kind::Implicit, 409)] {
        let login = stage.log_in(kind.title().split(' ').next_back().unwrap(), kind);
        let token = login.client.get(&format!("/api/v1/oauth/{}/token", login.provider)).expect(200).json();
        let token = token["access_token"].as_str().unwrap();
        let path = format!("/api/v1/credentials/{}/revoke", login.client.list()[0]["id"]);
        let reply = login.client.post_nothing(&path).expect(status);
        assert_eq!(login.client.list().len(), usize::from(status != 204), "{kind:?}");
        let alive = |site: &Site, path: &str| site.client().clone().bearer(token).get(path).status;
        match kind {
            Kind::Acme => assert_eq!(alive(&stage.providers.acme, "/userinfo"), 401),
            MASTODON => {
                let site = stage.providers.mastodon("mastodon-4.6");
                assert_eq!(alive(site, "/api/v1/accounts/verify_credentials"), 401);
            }
            Kind::Implicit => assert_eq!(reply.error_type(), "cannot_revoke"),
            _ => {}
        }
        // What the provider does not confirm is kept: nobody knows whether it lives.
        if kind == Kind::Acme {
            let login = stage.log_in("again", kind);
            stage.providers.acme.fault(&json!({"endpoint": "revoke", "answer": "http:503"}));
            let path = format!("/api/v1/credentials/{}/revoke", login.client.list()[0]["id"]);
            assert_eq!(login.client.post_nothing(&path).expect(503).error_type(), "provider_unavailable");
            assert_eq!(login.client.list().len(), 1);
            stage.providers.acme.mend();
        }
    }
}

#[test]
fn providers_are_listed_and_asked() {
    let (providers, home) = (Providers::new(), Home::new());
    let plan = Plan::of(&providers);
    let run = |line: &str| plan.run(&home, line).go();
    let instance = &providers.mastodon("mastodon-4.6").url;
    let listed = run("provider list").done();
    for (name, kind) in [("vk", "vk"), ("mastodon", "mastodon"), ("acme", "oauth2")] {
        let is_it = |line: &str| line.split_whitespace().take(2).eq([name, kind]);
        assert!(listed.lines().any(is_it), "{name}: {listed}");
    }
    run("provider test acme").done();
    run("provider test vk").done();
    run(&format!("provider test mastodon --instance {instance}")).done();
    run("provider test nosuch").fails(5);
    run("provider test mastodon").fails(2);
    run("provider test mastodon --instance 127.0.0.1:1").fails(2);
    providers.acme.fault(&json!({"endpoint": "metadata", "answer": "http:503"}));
    run("provider test acme").fails(4);
}
