//! Settings: flag, environment, file, default, in that order; a mistake in any of them is told and nothing is begun.

use std::{fs, time::Duration};

use base64::Engine;
use grantkeep_tests::harness::{
    home::Home,
    jwt,
    program::Run,
    stage::STATUS,
    wire::{Talk, talk},
};
use serde_json::Value;

fn owner_of(run: Run<'_>) -> String {
    let issued: Value = serde_json::from_str(&run.go().done()).unwrap();
    issued["owner"].as_str().unwrap().to_owned()
}

#[test]
fn a_flag_is_before_the_environment_and_that_before_the_file() {
    let home = Home::new();
    fs::create_dir(home.data()).unwrap();
    let issue = || home.run("key issue --json");
    assert_eq!(owner_of(issue()), "me");
    fs::write(home.file("config.toml"), "owner = \"of the file\"\nlisten = \"127.0.0.3:0\"\n").unwrap();
    assert_eq!(owner_of(issue()), "of the file");
    assert_eq!(owner_of(issue().env("GRANTKEEP_OWNER", "of the variable")), "of the variable");
    assert_eq!(
        owner_of(issue().env("GRANTKEEP_OWNER", "of the variable").arg("--owner").arg("of the flag")),
        "of the flag"
    );
    assert_eq!(owner_of(issue().env("GRANTKEEP_OWNER", "")), "of the file", "empty is unset");
    // The file itself: named by a flag, by a variable, or beside the data.
    let other = home.root().join("other.toml");
    fs::write(&other, "owner = \"of the other file\"\n").unwrap();
    assert_eq!(owner_of(issue().env("GRANTKEEP_CONFIG", &other)), "of the other file");
    assert_eq!(owner_of(issue().env("GRANTKEEP_CONFIG", "/nowhere").arg("--config").arg(&other)), "of the other file");

    // The address, likewise. `serve` has a flag for it.
    let listens = |flag: Option<&str>, variable: Option<&str>| {
        let words: Vec<String> = ["serve"]
            .into_iter()
            .chain(flag.into_iter().flat_map(|flag| ["--listen", flag]))
            .map(str::to_owned)
            .collect();
        let serve = home.serve_with(words);
        let serve = variable.into_iter().fold(serve, |serve, variable| serve.env("GRANTKEEP_LISTEN", variable));
        serve.go().address.ip().to_string()
    };
    assert_eq!(listens(None, None), "127.0.0.3");
    assert_eq!(listens(None, Some("127.0.0.2:0")), "127.0.0.2");
    assert_eq!(listens(Some("127.0.0.1:0"), Some("127.0.0.2:0")), "127.0.0.1");
}

#[test]
fn data_lies_where_it_is_said_to() {
    let home = Home::new();
    let places = ["flag", "variable", "xdg/grantkeep", ".local/share/grantkeep"].map(|name| home.root().join(name));
    let [flag, variable, xdg, usual] = &places;
    let status = || home.run("status").env("GRANTKEEP_DATA_DIR", "");
    status().go().done();
    assert!(usual.join("grantkeep.db").exists());
    status().env("XDG_DATA_HOME", home.root().join("xdg")).go().done();
    assert!(xdg.join("grantkeep.db").exists() && !variable.exists());
    status().env("GRANTKEEP_DATA_DIR", variable).env("XDG_DATA_HOME", "/nowhere").go().done();
    assert!(variable.join("grantkeep.db").exists() && !flag.exists());
    status().env("GRANTKEEP_DATA_DIR", variable).arg("--data-dir").arg(flag).go().done();
    assert!(flag.join("grantkeep.db").exists());
    status().env("HOME", "").go().fails(2);
}

#[test]
fn every_variable_has_a_twin_that_names_a_file() {
    let home = Home::new();
    let file = home.root().join("value");
    let issue = || home.run("key issue --json").env("GRANTKEEP_OWNER_FILE", &file);
    for (content, owner) in [("anna", "anna"), ("anna\n", "anna"), ("anna\r\n", "anna"), ("an na ", "an na ")] {
        fs::write(&file, content).unwrap();
        assert_eq!(owner_of(issue()), owner, "{content:?}");
    }
    // One newline is lost, no more; and a control character is no name.
    fs::write(&file, "anna\n\n").unwrap();
    issue().go().fails(2);
    fs::write(&file, "anna").unwrap();
    assert!(issue().env("GRANTKEEP_OWNER", "boris").go().fails(2).contains("GRANTKEEP_OWNER"));
    fs::remove_file(&file).unwrap();
    assert!(issue().go().fails(2).contains("GRANTKEEP_OWNER_FILE"));
    // Keys of the program, as a container gives them.
    let master = base64::engine::general_purpose::STANDARD.encode([7; 32]);
    let (master_file, jwt_file) = (home.root().join("master"), home.root().join("jwt"));
    fs::write(&master_file, format!("{master}\n")).unwrap();
    fs::write(&jwt_file, format!("{}\n", jwt::SECRET)).unwrap();
    let fresh = Home::new();
    let server =
        fresh.serve().env("GRANTKEEP_MASTER_KEY_FILE", &master_file).env("GRANTKEEP_JWT_SECRET_FILE", &jwt_file).go();
    server.client_of("me").get(STATUS).expect(200);
    assert!(!fresh.file("master.key").exists() && !fresh.file("jwt.key").exists());
    assert!(server.stop().success());
    let encoded = format!("base64:{}", base64::engine::general_purpose::STANDARD.encode(jwt::SECRET));
    let server = fresh.serve().env("GRANTKEEP_MASTER_KEY", &master).env("GRANTKEEP_JWT_SECRET", encoded).go();
    server.client_of("me").get(STATUS).expect(200);
}

#[test]
fn a_wrong_setting_begins_nothing() {
    let home = Home::new();
    #[rustfmt::skip]
    let rows = [
        ("GRANTKEEP_DATABASE_URL",      "postgres://user:hunter2@db/grantkeep"),
        ("GRANTKEEP_LISTEN",            "nonsense-hunter2"),
        ("GRANTKEEP_LISTEN",            "localhost"),
        ("GRANTKEEP_PUBLIC_URL",        "hunter2"),
        ("GRANTKEEP_PUBLIC_URL",        "ftp://hunter2"),
        ("GRANTKEEP_VK_APP_ID",         "hunter2"),
        ("GRANTKEEP_VK_OAUTH_URL",      "hunter2"),
        ("GRANTKEEP_VK_API_URL",        "http://hunter2.example.org"),
        ("GRANTKEEP_VK_API_URL",        "https://hunter2:hunter2@api.vk.ru"),
        ("GRANTKEEP_VK_API_URL",        "file:///hunter2"),
        ("GRANTKEEP_VK_REDIRECT_URI",   "hunter2"),
        ("GRANTKEEP_OWNER",             "hunter2\u{7}"),
        ("GRANTKEEP_LOG",               "=hunter2="),
        ("GRANTKEEP_CONFIG",            "/nowhere/config.toml"),
        ("GRANTKEEP_OUTBOUND_ALLOW",    "https://hunter2.example/"),
        ("GRANTKEEP_ALLOWED_HOSTS",     "http://hunter2.example"),
        ("GRANTKEEP_VK_SCOPE",          "hunter2\"wall"),
    ];
    for (name, value) in rows {
        for line in ["serve", "status", "doctor"] {
            let said = home.run(line).env(name, value).go().fails(2);
            assert!(!said.contains("hunter2"), "{name}: {said}");
        }
        assert!(!home.data().exists(), "{name} began something");
    }
    // What concerns keys is seen once the directory is there; a key that is wrong is never replaced.
    for (name, value) in [
        ("GRANTKEEP_JWT_SECRET", "hunter2"),
        ("GRANTKEEP_JWT_SECRET", "base64:hunter2!"),
        ("GRANTKEEP_MASTER_KEY", "hunter2"),
        ("GRANTKEEP_MASTER_KEY", "aHVudGVyMg=="),
    ] {
        let said = home.run("serve --listen 127.0.0.1:0").env(name, value).go().fails(2);
        assert!(!said.contains("hunter2") && !said.contains("aHVudGVyMg"), "{name}: {said}");
    }
}

#[test]
fn a_mistake_in_the_file_is_named_by_its_line() {
    let home = Home::new();
    fs::create_dir(home.data()).unwrap();
    for (content, line) in [
        ("owner = \"me\"\n\nlissten = \"hunter2\"\n", 3),
        ("[vk]\napp_id = \"1\"\nsecret = \"hunter2\"\n", 3),
        ("[mastodon]\n", 1),
        ("owner = 5\n", 1),
        ("owner = \"hunter2\nlisten = 1\n", 1),
        ("allowed_hosts = \"hunter2\"", 1),
    ] {
        fs::write(home.file("config.toml"), content).unwrap();
        for command in ["serve", "status", "doctor"] {
            let said = home.run(command).go().fails(2);
            assert!(said.contains(&format!("line {line}")) && said.contains("config.toml"), "{content:?}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
    // The same rules hold for values from the file.
    for content in
        ["listen = \"nonsense\"", "[vk]\napi_url = \"http://example.org\"", "[vk]\napp_id = \"x\"", "log = \"=x=\""]
    {
        fs::write(home.file("config.toml"), content).unwrap();
        home.run("serve").go().fails(2);
    }
    assert!(!home.file("grantkeep.db").exists());
}

#[test]
fn a_server_answers_to_its_names_only() {
    let home = Home::new();
    let serve = home.serve().with_secret().env("GRANTKEEP_PUBLIC_URL", "https://tokens.example.org");
    let server = serve.env("GRANTKEEP_ALLOWED_HOSTS", "inner.example.org, inner:8000").go();
    let port = server.address.port();
    let status = |host: &str| {
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let ended = talk(server.address, &Talk::All(request.into_bytes()), Duration::from_secs(60));
        ended.reply().map_or(0, |reply| reply.status)
    };
    for host in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("LOCALHOST:{port}"),
        format!("[::1]:{port}"),
        "tokens.example.org".into(),
        "inner.example.org".into(),
        "inner:8000".into(),
    ] {
        assert_eq!(status(&host), 200, "{host}");
    }
    for host in [
        "localhost".into(),
        format!("tokens.example.org:{port}"),
        "example.org".into(),
        "inner".into(),
        format!("localhost.:{port}"),
        format!("a.localhost:{port}"),
        format!("127.1:{port}"),
        format!("127.0.0.1:{port}@example.org"),
    ] {
        assert!((400..500).contains(&status(&host)), "{host}: {}", status(&host));
    }
    assert!(server.words.contains("https://tokens.example.org"), "{}", server.words);
}
