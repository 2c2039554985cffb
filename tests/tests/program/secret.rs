//! No secret leaves by a side door: a walk through every route and command with tokens made for it, then a sweep of everything
//! that was written meanwhile.

use std::{fs, path::Path};

use base64::Engine;
use grantkeep_tests::harness::{
    home::{Home, files},
    http::{Client, Reply},
    program::Outcome,
    server::Server,
    stage::{STATUS, SUBMIT},
    sweep::Sweep,
    vk::{Token, Vk},
};
use serde_json::{Value, json};

/// A walk, and all that was said on it.
struct Walk {
    vk: Vk,
    home: Home,
    /// Tokens: they may be in no file at all.
    tokens: Sweep,
    /// Tokens, keys of the API, and the program's own keys: they may be in no log and no answer.
    secrets: Sweep,
    /// Answers and output that hold no secret.
    said: Vec<(String, String)>,
    count: usize,
}

impl Walk {
    fn new() -> Self {
        Self {
            vk: Vk::new(),
            home: Home::new(),
            tokens: Sweep::default(),
            secrets: Sweep::default(),
            said: Vec::new(),
            count: 0,
        }
    }

    /// A token that must not be seen again.
    fn token(&mut self, order: &Value) -> Token {
        let token = self.vk.mint(order);
        self.watch(&token.access_token);
        token
    }

    /// A living token of that person.
    fn user(&mut self, id: u64) -> Token {
        self.token(&json!({"kind": "user", "id": id}))
    }

    /// A token that no VK has ever seen.
    fn bogus(&mut self) -> String {
        self.count += 1;
        let token = format!("vk1.a.{}Bogus-{:04}_{}", "Zq7".repeat(12), self.count, "xK2".repeat(12));
        self.watch(&token);
        token
    }

    fn watch(&mut self, token: &str) {
        self.count += 1;
        let name = format!("token {}", self.count);
        self.tokens.add(&name, token);
        self.secrets.add(&name, token);
    }

    fn serve(&self) -> Server {
        self.home.serve().at(&self.vk).env("GRANTKEEP_LOG", "trace").go()
    }

    /// A command at the same VK, at the highest log level.
    fn run(&self, line: &str, input: &str) -> Outcome {
        let run = self.vk.settings().into_iter().fold(self.home.run(line), |run, (name, value)| run.env(name, value));
        run.env("GRANTKEEP_LOG", "trace").input(input).go()
    }

    /// Runs a command that must not say a secret, not even on standard output.
    fn command(&mut self, line: &str, input: &str, code: i32) {
        let outcome = self.run(line, input);
        assert_eq!(outcome.code, code, "grantkeep {line}: {}{}", outcome.out, outcome.err);
        self.said.push((format!("output of {line}"), outcome.out + &outcome.err));
    }

    /// Runs a command whose standard output is a secret, and gives that.
    fn reveal(&mut self, line: &str) -> String {
        let outcome = self.run(line, "");
        self.said.push((format!("standard error of {line}"), outcome.err.clone()));
        outcome.done().trim_end().to_owned()
    }

    fn hear(&mut self, what: &str, status: u16, reply: Reply) {
        assert_eq!(reply.status, status, "{what}: {}", reply.body);
        self.said.push((what.to_owned(), reply.head + "\n" + &reply.body));
    }
}

#[test]
fn no_secret_is_where_it_should_not_be() {
    let mut walk = Walk::new();
    let server = walk.serve();
    // The keys of the program itself, made on its first start, and the one of the API that is issued now.
    for name in ["master.key", "jwt.key"] {
        let key = fs::read_to_string(walk.home.file(name)).unwrap();
        let key = key.trim().trim_start_matches("base64:");
        walk.secrets.add(name, key);
    }
    let key = walk.reveal("key issue --can status,submit,token --owner me");
    walk.secrets.add("API key", &key);

    let client = server.client().bearer(&key);
    submit_everything(&mut walk, &client);
    ask_for_everything(&mut walk, &client, &server);
    command_everything(&mut walk, &server, &key);

    assert!(server.log().contains(r#""level":"DEBUG""#), "there is little to sweep");
    sweep_process(&walk, &server);
    sweep_files(&walk, "while it runs");
    server.kill();
    sweep_files(&walk, "after it was killed");
    let server = walk.serve();
    for credential in server.client().bearer(&key).list() {
        walk.hear("show", 200, server.client().bearer(&key).get(&format!("/api/v1/credentials/{}", credential["id"])));
    }
    assert!(server.stop().success());
    sweep_files(&walk, "after it has ended");
    command_everything_alone(&mut walk);
    sweep_files(&walk, "after commands without a server");
    for (what, text) in &walk.said {
        walk.secrets.is_clean(what, text);
    }
    sweep_repository(&walk);
}

fn submit_everything(walk: &mut Walk, client: &Client) {
    let submit = |walk: &mut Walk, what: &str, status: u16, text: &str| {
        let reply = client.post(SUBMIT, &json!({"token_data": text, "account_name": what}));
        walk.hear(&format!("submit of {what}"), status, reply);
    };
    let kinds =
        ["user", "vk_id", "community", "service"].map(|kind| (kind, walk.token(&json!({"kind": kind, "id": 77}))));
    for (kind, token) in &kinds {
        submit(walk, kind, 200, &token.access_token);
        submit(walk, kind, 200, &token.url);
    }
    for (number, answers) in [
        "error:14",
        "error:17",
        "http:502",
        "empty",
        "html",
        "truncated",
        "reset",
        "redirect:302",
        "challenge",
        "ancient",
    ]
    .iter()
    .enumerate()
    {
        let order = json!({"kind": "user", "id": 88 + number, "answers": answers});
        let token = walk.token(&order);
        submit(walk, answers, 200, &token.url);
    }
    // VK echoes the token in its error, as it once did.
    walk.vk.fault(&json!({"answer": "ancient"}));
    for answers in
        ["error:5:invalid", "error:5/1130", "error:5:expired", "error:1", "error:7", "error:8:blocked", "error:100"]
    {
        let token = walk.token(&json!({"kind": "user", "id": 99, "answers": answers}));
        let status = if matches!(answers, "error:1" | "error:7") { 200 } else { 400 };
        submit(walk, &format!("echo {answers}"), status, &token.url);
    }
    walk.vk.mend();
    let unknown = walk.bogus();
    submit(walk, "a token that VK does not know", 400, &unknown);
    let other = walk.user(78);
    submit(walk, "user", 409, &other.url);
    submit(walk, "a name\u{7}", 400, &other.url);
    let (one, two) = (walk.bogus(), walk.bogus());
    for text in [
        format!("{one} {two}"),
        format!("https://example.org/?access_token={one}#access_token={two}"),
        format!("https://oauth.vk.com/blank.html#error=x&error_description={one}&access_token={two}"),
        format!("{{\"access_token\":\"{one}\""),
        format!("{{\"access_token\":[\"{one}\"]}}"),
        format!("#access_token={one}%zz"),
        format!("#access_token={one}\u{0}"),
        format!("{one}…"),
    ] {
        submit(walk, "nonsense", 400, &text);
    }
}

fn ask_for_everything(walk: &mut Walk, client: &Client, server: &Server) {
    let id = client.list()[0]["id"].to_string();
    for (path, status) in [
        (STATUS, 200),
        ("/api/v1/oauth/vk/token/status?account_name=user", 200),
        ("/api/v1/vk/token/status", 200),
        ("/api/v1/oauth/vk/authorize/implicit", 200),
        ("/api/v1/credentials", 200),
        ("/api/v1/credentials?state=unverified", 200),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/openapi.json", 200),
        ("/docs", 200),
        ("/local/keys", 404),
        ("/api/v1/oauth/vk/token", 409),
    ] {
        walk.hear(path, status, client.get(path));
    }
    let handed = client.hand_out("user").expect(200);
    walk.said.push(("head of the hand-out".into(), handed.head));
    walk.hear("check", 200, client.post_nothing(&format!("/api/v1/credentials/{id}/check")));

    // Secrets where they do not belong: in paths, queries, headers and broken bodies.
    let token = walk.bogus();
    let mut hear = |what: &str, reply: Reply| {
        let status = reply.status;
        assert!((400..500).contains(&status) || status == 200, "{what}: {status}");
        walk.hear(what, status, reply);
    };
    for path in [
        format!("/api/v1/{token}"),
        format!("/{token}"),
        format!("/api/v1/credentials/{token}"),
        format!("/api/v1/oauth/{token}/token/status"),
        format!("{STATUS}?account_name={token}%00"),
        format!("{STATUS}?access_token={token}"),
        format!("/api/v1/credentials?limit={token}"),
        format!("/api/v1/credentials?state={token}"),
        format!("/callback/vk?access_token={token}"),
    ] {
        hear("a secret in a path", client.get(&path));
        hear("a secret in a stranger's path", server.client().get(&path));
    }
    hear("a secret for a key", server.client().bearer(&token).get(STATUS));
    hear("a secret for a Host", server.client().with("Host", token.as_str()).get(STATUS));
    hear(
        "a secret in a header",
        client.clone().with("X-Token", token.as_str()).with("Cookie", token.as_str()).get(STATUS),
    );
    let bodies = [
        token.clone(),
        format!("{{\"token_data\":{token}}}"),
        format!("{{\"{token}\":1,\"{token}\":2}}"),
        format!("[\"{token}\"]"),
    ];
    for body in bodies {
        hear("a secret in a body", client.try_call("POST", SUBMIT, Some(&body)).unwrap());
    }
    walk.hear("forget", 204, client.delete(&format!("/api/v1/credentials/{id}")));
    // Its key that was cut, or has another signature.
    for key in [&client_key(client)[..40], &client_key(client).replace('.', ".A")] {
        walk.hear("a broken key", 401, server.client().bearer(key).get(STATUS));
    }
}

/// The key that a client sends.
fn client_key(client: &Client) -> String {
    let request = client.request("GET", "/", None);
    let line = request.lines().find_map(|line| line.strip_prefix("Authorization: Bearer ")).unwrap();
    line.to_owned()
}

/// Every command, beside the server and through it from elsewhere.
fn command_everything(walk: &mut Walk, server: &Server, key: &str) {
    let added = walk.user(501);
    walk.command("add vk --account added", &added.url, 0);
    walk.command("add vk --account added --json", &added.access_token, 0);
    let token = walk.user(502);
    walk.command("login vk --paste --account pasted", &format!("{}\n", token.url), 0);
    let token = walk.token(&json!({"kind": "user", "answers": "error:5:session"}));
    walk.command("add vk", &token.url, 3);
    let bogus = walk.bogus();
    walk.command("add vk", &format!("{bogus} {bogus}"), 2);
    walk.command(&format!("status vk/{bogus}"), "", 5);
    walk.command(&format!("token {bogus}"), "", 5);
    walk.command(&format!("add {bogus}"), "", 5);
    for (line, code) in [
        ("status", 0),
        ("status vk/added", 0),
        ("status vk/added --check --json", 0),
        ("key list", 0),
        ("doctor", 0),
        ("doctor --json", 0),
    ] {
        walk.command(line, "", code);
    }
    assert_eq!(walk.reveal("token vk/added"), added.access_token);
    walk.command("forget vk/added", "", 0);

    let token = walk.user(503);
    let url = format!("http://{}", server.address);
    let remote = |walk: &Walk, line: &str, input: &str| {
        walk.home
            .run(line)
            .arg("--server")
            .arg(&url)
            .env("GRANTKEEP_API_KEY", key)
            .env("GRANTKEEP_LOG", "trace")
            .input(input)
            .go()
    };
    for line in ["add vk --account remote", "status vk/remote", "status vk/remote --check"] {
        let outcome = remote(walk, line, &token.url);
        assert_eq!(outcome.code, 0, "{line}: {}", outcome.err);
        walk.said.push((format!("remote {line}"), outcome.out + &outcome.err));
    }
    let outcome = remote(walk, "token vk/remote", "");
    walk.said.push(("standard error of a remote token".into(), outcome.err.clone()));
    assert_eq!(outcome.done().trim_end(), token.access_token);
}

fn command_everything_alone(walk: &mut Walk) {
    let token = walk.user(601);
    walk.command("add vk --account alone", &token.url, 0);
    let broken = walk.token(&json!({"kind": "user", "answers": "http:502"}));
    walk.command("add vk --account broken", &broken.url, 0);
    for line in ["status vk/alone --check", "status --json", "doctor", "forget vk/alone"] {
        walk.command(line, "", 0);
    }
}

fn sweep_process(walk: &Walk, server: &Server) {
    let process = format!("/proc/{}", server.id().as_raw_nonzero());
    for name in ["cmdline", "environ"] {
        match fs::read(format!("{process}/{name}")) {
            Ok(text) => walk.secrets.is_clean(&format!("{process}/{name}"), text),
            // A process that writes no core file is not for others to read, as it should be.
            Err(error) => println!("{process}/{name}: {error}"),
        }
    }
    let limits = fs::read_to_string(format!("{process}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
}

/// Tokens may be nowhere below the home. The program's own keys are in their two files, and nowhere else.
fn sweep_files(walk: &Walk, when: &str) {
    let found = files(walk.home.root());
    assert!(found.iter().any(|(path, _)| path.ends_with("grantkeep.db")), "nothing to sweep");
    for (path, text) in found {
        let name = format!("{} {when}", path.display());
        let is_key = path.extension().is_some_and(|extension| extension == "key");
        if is_key { walk.tokens.is_clean(&name, text) } else { walk.secrets.is_clean(&name, text) }
    }
}

fn sweep_repository(walk: &Walk) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (path, text) in files(&root.join("docs")) {
        walk.secrets.is_clean(&path.display().to_string(), text);
    }
    walk.secrets.is_clean("README.md", fs::read(root.join("README.md")).unwrap());
}

/// The sweep above would be worth nothing if it could not fail.
#[test]
fn a_planted_secret_is_found_on_disk() {
    let walk = &mut Walk::new();
    let token = walk.user(1).access_token;
    let path = walk.home.root().join("planted");
    let hex: String = token.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let base64 = base64::engine::general_purpose::STANDARD.encode(format!("access_token={token}&v=5.199"));
    for planted in
        [format!("{{\"level\":\"TRACE\",\"body\":\"{token}\"}}"), hex, percent, base64, token[30..60].to_owned()]
    {
        fs::write(&path, planted).unwrap();
        let found = files(walk.home.root());
        let (_, text) = found.iter().find(|(path, _)| path.ends_with("planted")).unwrap();
        assert!(!walk.tokens.find(text).is_empty());
    }
}
