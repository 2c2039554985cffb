//! Owns the stage of logins, and a login's way through it: begun by the API, through the connect page, the provider and back.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use url::Url;

use super::{
    browser::{Browser, Visit},
    home::Home,
    http::{Client, Reply},
    port,
    program::Run,
    provider::{Providers, exchanges, requests},
    server::{Serve, Server},
};

/// A stage for logins: emulated providers, a configuration that names them, and a server at a port that it keeps.
#[derive(Debug)]
pub struct LoginStage {
    /// The server.
    pub server: Server,
    /// The providers.
    pub providers: Providers,
    /// Its home.
    pub home: Home,
    plan: Plan,
}

/// How a program is told what there is.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The port of the server, or of the listener of `login`.
    pub port: u16,
    /// `config.toml`.
    pub config: String,
    /// The environment.
    pub env: Vec<(&'static str, String)>,
}

impl Plan {
    /// With all emulated providers: the plain one is called `acme`, and VK's tokens come back to our own page.
    pub fn of(providers: &Providers) -> Self {
        let port = port::free();
        let mut env = providers.settings();
        env.retain(|(name, _)| *name != "GRANTKEEP_VK_REDIRECT_URI");
        env.push(("GRANTKEEP_VK_REDIRECT_URI", format!("http://127.0.0.1:{port}/callback/vk")));
        Self { port, config: providers.config("acme"), env }
    }

    /// Another variable, or another value of one.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.env.retain(|(known, _)| *known != name);
        self.env.push((name, value.into()));
    }

    /// One more host that may be reached.
    pub fn allow(&mut self, host: &str) {
        let allowed = self.env.iter_mut().find(|(name, _)| *name == "GRANTKEEP_OUTBOUND_ALLOW").unwrap();
        allowed.1 += &format!(",{host}");
    }

    /// Writes the configuration, and gives the file.
    fn write(&self, home: &Home) -> PathBuf {
        let file = home.root().join("config.toml");
        // Many commands may be started at once: none may read what is half written.
        if fs::read_to_string(&file).ok().as_ref() != Some(&self.config) {
            fs::write(&file, &self.config).unwrap();
        }
        file
    }

    /// A server of that plan.
    pub fn serve<'a>(&self, home: &'a Home) -> Serve<'a> {
        let listen = format!("127.0.0.1:{}", self.port);
        let serve = home.serve_with(vec!["serve".into(), "--listen".into(), listen]).with_secret();
        let serve = serve.env("GRANTKEEP_CONFIG", self.write(home));
        self.env.iter().fold(serve, |serve, (name, value)| serve.env(name, value))
    }

    /// A command of that plan.
    pub fn run<'a>(&self, home: &'a Home, line: &str) -> Run<'a> {
        let run = home.run(line).env("GRANTKEEP_CONFIG", self.write(home));
        let run = run.env("GRANTKEEP_LISTEN", format!("127.0.0.1:{}", self.port));
        self.env.iter().fold(run, |run, (name, value)| run.env(name, value))
    }
}

impl LoginStage {
    /// Everything set up and running.
    pub fn new() -> Self {
        let providers = Providers::new();
        let plan = Plan::of(&providers);
        Self::with(providers, plan)
    }

    /// With a plan of one's own.
    pub fn with(providers: Providers, plan: Plan) -> Self {
        Self::in_home(Home::new(), providers, plan)
    }

    /// The same in a home that is there already.
    pub fn in_home(home: Home, providers: Providers, plan: Plan) -> Self {
        let server = plan.serve(&home).go();
        Self { server, providers, home, plan }
    }

    /// The plan, to be changed before the server is started again.
    pub fn plan(&mut self) -> &mut Plan {
        &mut self.plan
    }

    /// Ends the server, does something, and starts another where it was.
    pub fn meanwhile<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        self.end();
        let done = work(self);
        self.serve_again();
        done
    }

    /// Ends the server: commands work by themselves from then on.
    #[track_caller]
    pub fn end(&mut self) {
        self.server.ask_to_stop();
        assert!(self.server.ended().success(), "{}", self.server.log());
    }

    /// Ends the server as a power cut would.
    pub fn kill(&mut self) {
        rustix::process::kill_process(self.server.id(), rustix::process::Signal::KILL).unwrap();
        self.server.ended();
    }

    /// Starts another server where it was; the one before must be gone.
    #[track_caller]
    pub fn serve_again(&mut self) {
        self.server = self.plan.serve(&self.home).go();
    }

    /// Kills the server and starts another where it was.
    pub fn crash(&mut self) {
        self.kill();
        self.serve_again();
    }

    /// A command of the same plan.
    pub fn run(&self, line: &str) -> Run<'_> {
        self.plan.run(&self.home, line)
    }

    /// A client for `owner`.
    pub fn client(&self, owner: &str) -> Client {
        self.server.client_of(owner)
    }

    /// The address of a path at the server.
    pub fn at(&self, path: &str) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}{path}", self.plan.port)).unwrap()
    }

    /// Whether an address is one where redirects come back to.
    pub fn is_callback(&self, url: &Url) -> bool {
        url.origin() == self.at("/").origin() && url.path().starts_with("/callback")
    }

    /// Begins a login of `owner`.
    #[track_caller]
    pub fn begin(&self, owner: &str, kind: Kind) -> Login {
        Login::begin(&self.client(owner), kind.provider(), &kind.order(&self.providers))
    }

    /// A login of `owner` that has come as far as the redirect back to us, which is held.
    #[track_caller]
    pub fn held(&self, owner: &str, kind: Kind) -> Held {
        let (login, mut browser) = (self.begin(owner, kind), Browser::new());
        let sent = login.connect(&mut browser);
        let url = self.allow(&mut browser, sent, kind.person());
        Held { login, browser, url, in_fragment: kind == Kind::Implicit }
    }

    /// Lets that person allow everything at the provider, and holds the redirect back to us.
    #[track_caller]
    pub fn allow(&self, browser: &mut Browser, sent: Visit, person: &str) -> Url {
        self.choose(browser, sent, &[("auto", "allow"), ("person", person)])
    }

    /// Lets a person choose at the provider, and holds the redirect back to us.
    #[track_caller]
    pub fn choose(&self, browser: &mut Browser, sent: Visit, choice: &[(&str, &str)]) -> Url {
        let mut there = sent.leads_to().unwrap_or_else(|| panic!("{}: {}", sent.reply.status, sent.reply.body));
        there.query_pairs_mut().extend_pairs(choice);
        let visit = browser.follow_until(sent.led_to(&there), |url| self.is_callback(url));
        visit.leads_to().unwrap_or_else(|| panic!("ended at {}: {}", visit.url.path(), visit.reply.body))
    }

    /// A whole login.
    #[track_caller]
    pub fn log_in(&self, owner: &str, kind: Kind) -> Login {
        let mut held = self.held(owner, kind);
        let reply = held.arrive();
        assert_eq!(reply.status, if held.in_fragment { 200 } else { 303 }, "{kind:?}: {}", reply.body);
        held.login
    }

    /// How often a code came to the token endpoint of that kind.
    pub fn exchanges(&self, kind: Kind) -> usize {
        let vk = |endpoint| exchanges(&requests(&self.providers.vk.asked(), endpoint));
        match kind {
            Kind::Acme => self.providers.acme.exchanges(),
            Kind::Implicit => 0,
            Kind::Mastodon(name) => self.providers.mastodon(name).exchanges(),
            Kind::VkCode => vk("access_token"),
            Kind::VkId => vk("oauth2/auth"),
        }
    }
}

impl Default for LoginStage {
    fn default() -> Self {
        Self::new()
    }
}

/// A kind of login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The plain OAuth 2.0 server.
    Acme,
    /// VK's implicit flow.
    Implicit,
    /// The Mastodon of that personality.
    Mastodon(&'static str),
    /// VK's legacy code flow.
    VkCode,
    /// VK ID.
    VkId,
}

/// The Mastodon of most tests.
pub const MASTODON: Kind = Kind::Mastodon("mastodon-4.6");

impl Kind {
    /// The provider's name in paths.
    pub const fn provider(self) -> &'static str {
        match self {
            Self::Acme => "acme",
            Self::Mastodon(_) => "mastodon",
            Self::Implicit | Self::VkCode | Self::VkId => "vk",
        }
    }

    /// Who allows it there.
    pub const fn person(self) -> &'static str {
        match self {
            Self::Acme | Self::Mastodon(_) => "anna",
            Self::Implicit | Self::VkCode | Self::VkId => "100001",
        }
    }

    /// In a table.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Acme => "oauth2",
            Self::Implicit => "vk implicit",
            Self::Mastodon(_) => "mastodon",
            Self::VkCode => "vk code",
            Self::VkId => "vk_id",
        }
    }

    /// What `authorize` is asked for.
    pub fn order(self, providers: &Providers) -> Value {
        match self {
            Self::Acme => json!({}),
            Self::Implicit => json!({"flow": "implicit"}),
            Self::Mastodon(name) => json!({"instance": providers.mastodon(name).url}),
            Self::VkCode => json!({"flow": "code"}),
            Self::VkId => json!({"flow": "vk_id"}),
        }
    }
}

/// A login that has begun.
#[derive(Clone, Debug)]
pub struct Login {
    /// Whose it is.
    pub client: Client,
    /// `acme`.
    pub provider: String,
    /// `a_…`
    pub id: String,
    /// What `authorize` said.
    pub begun: Value,
}

impl Login {
    /// Begins one.
    #[track_caller]
    pub fn begin(client: &Client, provider: &str, order: &Value) -> Self {
        let begun = client.post(&format!("/api/v1/oauth/{provider}/authorize"), order).expect(200).json();
        let id = begun["authorization_id"].as_str().unwrap().to_owned();
        Self { client: client.clone(), provider: provider.to_owned(), id, begun }
    }

    /// A member of the answer of `authorize` that is an address.
    #[track_caller]
    pub fn address(&self, name: &str) -> Url {
        Url::parse(self.begun[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.begun))).unwrap()
    }

    /// The secret of the connect link.
    pub fn ticket(&self) -> String {
        self.address("connect_url").path_segments().unwrap().next_back().unwrap().to_owned()
    }

    /// Opens the connect link and presses its button: gives the redirect to the provider, not followed yet.
    #[track_caller]
    pub fn connect(&self, browser: &mut Browser) -> Visit {
        let page = self.address("connect_url");
        assert_eq!(browser.look(&page).reply.status, 200, "the connect page");
        browser.submit(&page, page.path(), &[])
    }

    fn path(&self) -> String {
        format!("/api/v1/oauth/{}/authorizations/{}", self.provider, self.id)
    }

    /// How it stands: `pending`, or `failed invalid_grant`.
    #[track_caller]
    pub fn fate(&self) -> String {
        let told = self.client.get(&self.path()).expect(200).json();
        let words = ["status", "cause"].map(|name| told[name].as_str().unwrap_or_default());
        words.join(" ").trim().to_owned()
    }

    /// Gives it up.
    #[track_caller]
    pub fn give_up(&self) {
        self.client.delete(&self.path()).expect(204);
    }
}

/// A login whose redirect back to us is held.
#[derive(Clone, Debug)]
pub struct Held {
    /// The login.
    pub login: Login,
    /// The browser that went through it.
    pub browser: Browser,
    /// Where the redirect leads.
    pub url: Url,
    /// Whether its parameters are in the fragment, which our page sends.
    pub in_fragment: bool,
}

/// Parameters of a redirect.
pub type Pairs = Vec<(String, String)>;

impl Held {
    /// The parameters of the redirect.
    pub fn pairs(&self) -> Pairs {
        let text = if self.in_fragment { self.url.fragment() } else { self.url.query() };
        form_urlencoded::parse(text.unwrap_or_default().as_bytes()).into_owned().collect()
    }

    /// One of them.
    #[track_caller]
    pub fn value(&self, name: &str) -> String {
        let pair = self.pairs().into_iter().find(|(known, _)| known == name);
        pair.unwrap_or_else(|| panic!("no {name} in the redirect")).1
    }

    /// The redirect with other parameters.
    #[must_use]
    pub fn with(mut self, pairs: &Pairs) -> Self {
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let text = Some(text.as_str()).filter(|text| !text.is_empty());
        if self.in_fragment {
            self.url.set_fragment(text);
        } else {
            self.url.set_query(text);
        }
        self
    }

    /// Lets it arrive: 303 for a query; for a fragment what our page's script is told.
    #[track_caller]
    pub fn arrive(&mut self) -> Reply {
        let Self { browser, url, .. } = self;
        match self.in_fragment {
            false => browser.send("GET", url, &super::browser::FROM_ELSEWHERE, None),
            true => {
                assert_eq!(browser.look(url).reply.status, 200, "the page that reads fragments");
                let body = json!({"fragment": url.fragment().unwrap_or_default()}).to_string();
                browser.fetch(url, url.path(), &body)
            }
        }
    }
}

/// What a person does with a link: presses the button, chooses at the provider, and lets the browser follow.
#[track_caller]
pub fn go_through(browser: &mut Browser, link: &Url, choice: &[(&str, &str)]) -> Visit {
    assert_eq!(browser.look(link).reply.status, 200);
    let sent = browser.submit(link, link.path(), &[]);
    let mut there = sent.leads_to().unwrap_or_else(|| panic!("{}", sent.reply.body));
    there.query_pairs_mut().extend_pairs(choice);
    browser.follow(sent.led_to(&there))
}

/// What Anna chooses there.
pub const ANNA: &[(&str, &str)] = &[("auto", "allow"), ("person", "anna")];
/// The same at VK, where people have numbers.
pub const ANNA_AT_VK: &[(&str, &str)] = &[("auto", "allow"), ("person", "100001")];
