//! Configurations that are wrong, with what is said about them; and that no value is ever told.

use std::fs;

use tempfile::TempDir;

use super::*;

/// Stands wherever a value could leak.
const VALUE: &str = "s3cr3t-v4lue";

fn resolved(toml: &str) -> Result<Vec<OAuth2>, CliFault> {
    let file: file::File = toml::from_str(toml).unwrap_or_else(|error| panic!("{error}\n{toml}"));
    let here = Here { listen: ([127, 0, 0, 1], 8000).into(), public_url: None };
    let vk = Url::parse("https://oauth.vk.com/blank.html").unwrap();
    resolve(file.providers, Path::new("/etc/grantkeep"), here, &vk)
}

/// A provider that is whole, with these lines besides.
fn with(lines: &str) -> String {
    format!(
        "[providers.acme]\nkind = \"oauth2\"\nissuer = \"https://id.example.org\"\nclient_id = \"abc\"\n{}",
        lines.replace('\'', "\"")
    )
}

/// The same for the application itself.
fn alone(lines: &str) -> String {
    with(&format!("grant = 'client_credentials'\n{lines}"))
}

fn without_issuer(lines: &str) -> String {
    format!("[providers.acme]\nkind = \"oauth2\"\nclient_id = \"abc\"\n{}", lines.replace('\'', "\""))
}

#[test]
fn what_is_wrong_is_told_by_provider_and_key() {
    let other =
        "\n[providers.beta]\nkind = 'oauth2'\nissuer = 'https://b.example'\nclient_id = 'b'\n".replace('\'', "\"");
    #[rustfmt::skip]
    let rows = [
        ("[providers.vk]\nkind = \"oauth2\"".into(),        "providers.vk: that name belongs to a provider of its own"),
        ("[providers.mastodon]".into(),                     "providers.mastodon: that name belongs to a provider of its own"),
        ("[providers.\"a b\"]\nkind = \"oauth2\"".into(),   "\"a b\" in [providers] cannot be a provider's name"),
        ("[providers.Acme]\nkind = \"oauth2\"".into(),      "\"Acme\" in [providers] cannot be a provider's name"),
        ("[providers.acme]".into(),                         "providers.acme.kind is missing"),
        (format!("[providers.acme]\nkind = \"{VALUE}\""),   "providers.acme.kind cannot be used"),
        ("[providers.acme]\nkind = \"oauth2\"\nissuer = \"https://id.example.org\"".into(),
                                                            "providers.acme.client_id is missing"),
        (without_issuer(""),                                "providers.acme.issuer is missing"),
        (without_issuer("token_url = 'https://a.example'"), "providers.acme.issuer is missing"),
        (without_issuer("authorization_url = 'https://a.example'"),
                                                            "providers.acme.token_url is missing"),
        (without_issuer("device_authorization_url = 'https://a.example'"),
                                                            "providers.acme.token_url is missing"),
        (without_issuer(&format!("issuer = 'http://{VALUE}.example'")),
                                                            "providers.acme.issuer cannot be used"),
        (without_issuer(&format!("issuer = 'https://a.example/?{VALUE}'")),
                                                            "providers.acme.issuer cannot be used"),
        (with(&format!("token_url = '{VALUE}'")),           "providers.acme.token_url cannot be used"),
        (with(&format!("userinfo_url = 'http://{VALUE}.example/'")),
                                                            "providers.acme.userinfo_url cannot be used"),
        (with(&format!("revocation_url = 'https://a.example/#{VALUE}'")),
                                                            "providers.acme.revocation_url cannot be used"),
        (with("client_auth = 'client_secret_post'"),        "providers.acme.client_auth cannot be used"),
        (with("client_auth = 'post'"),                      "providers.acme.client_secret_env is missing"),
        (with(&format!("client_auth = 'none'\nclient_secret = '{VALUE}'")),
                                                            "providers.acme.client_auth cannot be used"),
        (with(&format!("grant = '{VALUE}'")),               "providers.acme.grant cannot be used"),
        (alone(""),                                         "providers.acme.client_secret_env is missing"),
        (alone("client_auth = 'basic'"),                    "providers.acme.client_secret_env is missing"),
        (alone(&format!("client_auth = 'none'\nclient_secret = '{VALUE}'")),
                                                            "providers.acme.client_auth cannot be used"),
        (alone(&format!("client_secret = '{VALUE}'\nredirect_uri = 'http://127.0.0.1:8000/callback/acme'")),
                                                            "providers.acme.redirect_uri cannot be used"),
        (alone(&format!("client_secret = '{VALUE}'\nauthorization_url = 'https://a.example'")),
                                                            "providers.acme.authorization_url cannot be used"),
        (alone(&format!("client_secret = '{VALUE}'\ndevice_authorization_url = 'https://a.example'")),
                                                            "providers.acme.device_authorization_url cannot be used"),
        (alone(&format!("client_secret = '{VALUE}'\nuserinfo_url = 'https://a.example'")),
                                                            "providers.acme.userinfo_url cannot be used"),
        (without_issuer(&format!("grant = 'client_credentials'\nclient_secret = '{VALUE}'")),
                                                            "providers.acme.issuer is missing"),
        (with("client_secret_env = ''"),                    "providers.acme.client_secret_env cannot be used"),
        (with(&format!("client_secret = '{VALUE}'\nclient_secret_env = 'A'")),
                                                            "both client_secret and client_secret_env are set for providers.acme"),
        (with("client_secret_env = 'A'\nclient_secret_file = 'a'"),
                                                            "both client_secret_env and client_secret_file are set for providers.acme"),
        (with(&format!("scopes = ['read write {VALUE}']")), "providers.acme.scopes cannot be used"),
        (with("scopes = ['']"),                             "providers.acme.scopes cannot be used"),
        (with(&format!("redirect_uri = '{VALUE}'")),        "providers.acme.redirect_uri cannot be used"),
        (with("redirect_uri = 'http://localhost:8000/api'"), "providers.acme.redirect_uri cannot be used"),
        (with("redirect_uri = 'http://localhost:8000/callback/beta'") + &other,
                                                            "providers.acme.redirect_uri cannot be used"),
        (with("redirect_uri = 'http://localhost:8000/x'") + &other + "redirect_uri = \"http://127.0.0.1:8000/x\"",
                                                            "providers.beta and providers.acme have the same redirect_uri"),
    ];
    for (toml, what) in rows {
        let fault = resolved(&toml).err().unwrap_or_else(|| panic!("taken: {toml}"));
        assert!(fault.what.starts_with(what), "{} instead of {what}\n{toml}", fault.what);
        assert_eq!(fault.code(), 2, "{toml}");
        assert!(!fault.what.contains(VALUE) && !fault.hint.contains(VALUE), "{fault:?}\n{toml}");
    }
}

/// What a provider has when nothing is said counts too, behind a proxy that takes a path off as well.
#[test]
fn nobody_comes_back_to_the_usual_place_of_another() {
    let resolved = |toml: &str, vk: &str| {
        let public = Url::parse("https://tokens.example.org/keep").unwrap();
        let here = Here { listen: ([127, 0, 0, 1], 8000).into(), public_url: Some(&public) };
        let file: file::File = toml::from_str(toml).unwrap();
        resolve(file.providers, Path::new("/etc/grantkeep"), here, &Url::parse(vk).unwrap()).map(|_| ())
    };
    let blank = "https://oauth.vk.com/blank.html";
    let other =
        "\n[providers.beta]\nkind = 'oauth2'\nissuer = 'https://b.example'\nclient_id = 'b'\n".replace('\'', "\"");
    resolved(&(with("") + &other), blank).unwrap();
    let taken = "https://tokens.example.org/keep/callback/beta";
    let fault = resolved(&(with(&format!("redirect_uri = '{taken}'")) + &other), blank).unwrap_err();
    assert_eq!(fault.what, "providers.beta and providers.acme have the same redirect_uri");
    let fault = resolved(&(with("") + &other), taken).unwrap_err();
    assert_eq!(fault.what, "vk and providers.beta have the same redirect_uri");
    // The application itself has none.
    resolved(&alone("client_secret = 's'"), "https://tokens.example.org/keep/callback/acme").unwrap();
}

#[test]
fn what_is_right_is_taken_as_it_is_written() {
    let toml = with("client_auth = 'basic'\nclient_secret = 's'\nscopes = ['openid', 'https://a.example/read']\n")
        + "redirect_uri = \"http://LOCALHOST:8000/callback\"\ntoken_url = \"http://localhost:9/token\"";
    let [acme] = resolved(&toml).unwrap().try_into().unwrap();
    let settings = acme.settings().unwrap();
    assert_eq!(settings.name.as_str(), "acme");
    assert_eq!(settings.redirect_uri.as_deref(), Some("http://LOCALHOST:8000/callback"));
    assert_eq!(settings.client_secret.unwrap().expose(), "s");
    assert_eq!(settings.scopes, ["openid", "https://a.example/read"]);
    let addresses: Vec<&str> = acme.addresses().map(Url::as_str).collect();
    assert_eq!(addresses, ["https://id.example.org/", "http://localhost:9/token"]);
    for lines in ["", "client_auth = 'none'", "redirect_uri = 'https://app.example.org/done'"] {
        assert!(resolved(&with(lines)).unwrap()[0].settings().unwrap().client_secret.is_none(), "{lines}");
    }
    let urls = "authorization_url = 'https://a.example/a'\ntoken_url = 'https://a.example/t'";
    assert!(resolved(&without_issuer(urls)).is_ok());
}

/// A command that goes through a running server does not have the server's environment.
#[test]
fn a_missing_secret_is_a_fault_only_when_it_is_needed() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("secret");
    let acme = |line: String| resolved(&with(&line)).unwrap().remove(0).settings();
    let unset = acme("client_secret_env = 'GRANTKEEP_TEST_NEVER_SET'".into()).unwrap_err();
    assert_eq!(unset.what, "the variable that providers.acme.client_secret_env names is not set");
    let from_file = || acme(format!("client_secret_file = '{}'", path.display()));
    assert!(from_file().unwrap_err().what.starts_with("the file that providers.acme.client_secret_file names cannot"));
    fs::write(&path, "\n").unwrap();
    assert!(from_file().unwrap_err().what.ends_with("is empty"));
    fs::write(&path, "from a file\r\n").unwrap();
    assert_eq!(from_file().unwrap().client_secret.unwrap().expose(), "from a file");
    // Relative to the configuration, which is where its owner looks.
    let [relative] = resolved(&with("client_secret_file = 'acme.secret'")).unwrap().try_into().unwrap();
    assert!(matches!(relative.secret, Source::File(path) if path == Path::new("/etc/grantkeep/acme.secret")));
}

#[test]
fn an_application_that_asks_for_itself_needs_its_secret_and_where_to_ask() {
    let by_hand = "grant = 'client_credentials'\ntoken_url = 'https://a.example/t'\nclient_secret = 's'";
    #[rustfmt::skip]
    let rows = [
        (with(""),                                     GrantType::AuthorizationCode),
        (with("grant = 'authorization_code'"),         GrantType::AuthorizationCode),
        (alone("client_secret = 's'"),                 GrantType::ClientCredentials),
        (alone("client_secret = 's'\nclient_auth = 'post'\nrevocation_url = 'https://a.example/r'"), GrantType::ClientCredentials),
        (without_issuer(by_hand),                      GrantType::ClientCredentials),
    ];
    for (toml, grant) in rows {
        let [acme] = resolved(&toml).unwrap_or_else(|fault| panic!("{fault:?}\n{toml}")).try_into().unwrap();
        assert_eq!(acme.settings().unwrap().grant, grant, "{toml}");
    }
}
