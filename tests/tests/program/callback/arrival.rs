//! Owns what arrives at a callback: a redirect that was held back, spoilt in one way and let go.

use grantkeep_tests::harness::{
    browser::{Browser, FROM_ELSEWHERE},
    http::Reply,
    login::{Held, Kind, Login, LoginStage, Pairs},
};
use serde_json::json;
use url::Url;

use super::{Acme, Implicit, VkCode, VkId};

/// A state that nobody was given.
pub(super) const UNKNOWN: &str = "Unkn0wnUnkn0wnUnkn0wnUnkn0wnUnkn0wnUnkn0wnU";

/// What must not be shown of an error that belongs to no login.
const HOSTILE_WORDS: &str = "call 1-800-HOSTILE now";

/// One row at one kind.
pub(super) struct Case<'a> {
    pub(super) stage: &'a LoginStage,
    pub(super) kind: Kind,
    pub(super) owner: String,
    pub(super) held: Held,
}

impl Case<'_> {
    pub(super) fn of(&mut self, pairs: &Pairs) -> Reply {
        self.held = self.held.clone().with(pairs);
        self.held.arrive()
    }

    pub(super) fn change(&mut self, change: impl FnOnce(&mut Pairs)) -> Reply {
        let mut pairs = self.held.pairs();
        change(&mut pairs);
        self.of(&pairs)
    }

    pub(super) fn without(&mut self, name: &str) -> Reply {
        assert!(!self.held.value(name).is_empty());
        self.change(|pairs| pairs.retain(|(known, _)| known != name))
    }

    pub(super) fn with(&mut self, name: &str, value: &str) -> Reply {
        self.change(|pairs| {
            pairs.retain(|(known, _)| known != name);
            pairs.push((name.into(), value.into()));
        })
    }

    pub(super) fn twice(&mut self, name: &str) -> Reply {
        let value = self.held.value(name);
        self.change(|pairs| pairs.push((name.into(), value)))
    }

    /// With the right issuer, changed.
    pub(super) fn iss(&mut self, change: fn(String) -> String) -> Reply {
        let issuer = match self.kind {
            Kind::Mastodon(name) => format!("{}/", self.stage.providers.mastodon(name).url),
            _ => self.stage.providers.acme.url.clone(),
        };
        self.with("iss", &change(issuer))
    }

    /// An error in the place of what was granted.
    pub(super) fn error(&mut self, error: &str) -> Reply {
        self.change(|pairs| {
            pairs.retain(|(name, _)| !matches!(name.as_str(), "code" | "access_token" | "expires_in" | "user_id"));
            pairs.extend([("error".into(), error.into()), ("error_description".into(), HOSTILE_WORDS.into())]);
        })
    }

    pub(super) fn by(&mut self, browser: Browser) -> Reply {
        self.held.browser = browser;
        self.held.arrive()
    }

    /// As a link or a script somewhere would ask, with that said.
    pub(super) fn saying(&mut self, said: &[(&str, &str)]) -> Reply {
        let mut headers: Vec<_> = FROM_ELSEWHERE.to_vec();
        headers.retain(|(name, _)| !said.iter().any(|(other, _)| name == other));
        headers.extend(said);
        let Held { browser, url, .. } = &mut self.held;
        browser.send("GET", url, &headers, None)
    }

    pub(super) fn method(&mut self, method: &str) -> Reply {
        let Held { browser, url, .. } = &mut self.held;
        let reply = browser.send(method, url, &FROM_ELSEWHERE, None);
        assert_eq!(reply.header("allow"), Some("GET"), "{method}");
        reply
    }

    /// The parameters as our own page would send them, but from another.
    pub(super) fn json_from(&mut self, origin: &str, site: &str) -> Reply {
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(self.held.pairs()).finish();
        let headers = [("Content-Type", "application/json"), ("Origin", origin), ("Sec-Fetch-Site", site)];
        let Held { browser, url, .. } = &mut self.held;
        browser.send("POST", url, &headers, Some(&json!({"fragment": text}).to_string()))
    }

    /// What came in the fragment, in the query.
    pub(super) fn in_query(&mut self) -> Reply {
        let text = self.held.url.fragment().unwrap().to_owned();
        self.held.url.set_query(Some(&text));
        self.held.url.set_fragment(None);
        self.held.in_fragment = false;
        self.held.arrive()
    }

    /// While the token endpoint fails so.
    pub(super) fn at_fault(&mut self, answer: &str) -> Reply {
        let providers = &self.stage.providers;
        let fault = |endpoint: &str| json!({"answer": answer, "endpoint": endpoint});
        match self.kind {
            Kind::Mastodon(name) => providers.mastodon(name).fault(&fault("token")),
            VkId => providers.vk.fault(&fault("oauth2/auth")),
            VkCode => providers.vk.fault(&fault("access_token")),
            _ => providers.acme.fault(&fault("token")),
        }
        let reply = self.held.arrive();
        match self.kind {
            Kind::Mastodon(name) => providers.mastodon(name).mend(),
            Acme => providers.acme.mend(),
            _ => providers.vk.mend(),
        }
        reply
    }

    /// As it should be, but the person ticks fewer boxes than there are.
    pub(super) fn granted_less(&mut self) -> Reply {
        let order = if self.kind == Acme { json!({}) } else { json!({"flow": "vk_id", "scope": "groups wall"}) };
        let login = Login::begin(&self.stage.client(&self.owner), self.kind.provider(), &order);
        let mut browser = Browser::new();
        let sent = login.connect(&mut browser);
        let grant = if self.kind == Acme { "openid read" } else { "wall" };
        let choice = [("auto", "allow"), ("person", self.kind.person()), ("grant", grant)];
        let url = self.stage.choose(&mut browser, sent, &choice);
        self.held = Held { login, browser, url, in_fragment: false };
        let reply = self.held.arrive();
        let kept = &self.stage.client(&self.owner).list()[0];
        assert_eq!(kept["state"], "scope_reduced", "{kept}");
        let words = |name: &str| kept[name].as_array().unwrap_or_else(|| panic!("no {name} in {kept}")).clone();
        let granted = words("scopes_granted");
        assert!(words("scopes_requested").iter().any(|asked| !granted.contains(asked)), "{kept}");
        let place = Url::options().base_url(Some(&self.held.url)).parse(reply.header("location").unwrap()).unwrap();
        assert!(self.held.browser.open(&place).reply.body.contains("Less than asked for"));
        reply
    }
}

pub(super) fn again(case: &mut Case<'_>) -> Reply {
    let first = case.held.arrive();
    assert!(matches!(first.status, 200 | 303), "{}", first.body);
    let client = case.stage.client(&case.owner);
    let token = client.get(&format!("/api/v1/oauth/{}/token", case.kind.provider())).expect(200).json();
    let second = case.held.arrive();
    let handed = client.get(&format!("/api/v1/oauth/{}/token", case.kind.provider())).expect(200).json();
    assert_eq!(token["access_token"], handed["access_token"], "the token of the first use stays");
    second
}

pub(super) fn another_code(case: &mut Case<'_>) -> Reply {
    assert_eq!(case.held.arrive().status, 303);
    case.with("code", "an0thercode")
}

pub(super) fn elsewhere(case: &mut Case<'_>) -> Reply {
    let path = match case.kind {
        Acme => "/callback/vk/id".to_owned(),
        Kind::Mastodon(_) => format!("/callback/mastodon/{}", case.stage.providers.mastodon("akkoma").host()),
        VkId => "/callback/vk/code".to_owned(),
        VkCode => "/callback/vk/id".to_owned(),
        Implicit => "/callback/acme".to_owned(),
    };
    case.held.url.set_path(&path);
    if case.kind == Implicit { case.in_query() } else { case.held.arrive() }
}

/// A browser in which a login of its own is under way.
pub(super) fn other_browser(case: &mut Case<'_>) -> Reply {
    let mut browser = Browser::new();
    case.stage.begin(&case.owner, case.kind).connect(&mut browser);
    let mine = browser.cookies(&case.held.url).into_values().next().unwrap();
    // It even knows how the cookie is called.
    let name = case.held.browser.cookies(&case.held.url).into_keys().next().unwrap();
    browser.plant(&case.held.url.clone(), &name, &mine);
    case.by(browser)
}

/// Another program on this host has set a cookie as well.
pub(super) fn two_cookies(case: &mut Case<'_>) -> Reply {
    let cookies = case.held.browser.cookies(&case.held.url);
    let (name, value) = cookies.into_iter().next().unwrap();
    let both = format!("{name}={value}; {name}=planted");
    let mut headers = FROM_ELSEWHERE.to_vec();
    headers.push(("Cookie", both.as_str()));
    Browser::new().send("GET", &case.held.url, &headers, None)
}

pub(super) fn other_issuer_declines(case: &mut Case<'_>) -> Reply {
    case.held = case.held.clone().with(&vec![
        ("error".into(), "access_denied".into()),
        ("state".into(), case.held.value("state")),
        ("iss".into(), "https://evil.example".into()),
    ]);
    case.held.arrive()
}

pub(super) fn unknown_error(case: &mut Case<'_>) -> Reply {
    case.held = case.held.clone().with(&vec![
        ("error".into(), "server_error".into()),
        ("error_description".into(), HOSTILE_WORDS.into()),
        ("state".into(), UNKNOWN.into()),
    ]);
    silent(case.held.arrive())
}

pub(super) fn stateless_error(case: &mut Case<'_>) -> Reply {
    let pairs = vec![("error".into(), "server_error".into()), ("error_description".into(), HOSTILE_WORDS.into())];
    silent(case.of(&pairs))
}

fn silent(reply: Reply) -> Reply {
    assert!(!reply.body.contains("HOSTILE"), "{}", reply.body);
    reply
}

pub(super) fn neither(case: &mut Case<'_>) -> Reply {
    let state = case.held.value("state");
    case.of(&vec![("state".into(), state)])
}

pub(super) fn error_twice(case: &mut Case<'_>) -> Reply {
    let state = case.held.value("state");
    case.of(&vec![("error".into(), "a".into()), ("error".into(), "b".into()), ("state".into(), state)])
}

pub(super) fn token_in_form(case: &mut Case<'_>) -> Reply {
    let mut url = case.held.url.clone();
    url.set_query(None);
    let form = format!("access_token=injected&state={}", case.held.value("state"));
    let mut headers = FROM_ELSEWHERE.to_vec();
    headers.push(("Content-Type", "application/x-www-form-urlencoded"));
    case.held.browser.send("POST", &url, &headers, Some(&form))
}

pub(super) fn code_for_token(case: &mut Case<'_>) -> Reply {
    let state = case.held.value("state");
    case.of(&vec![("code".into(), "c0de".into()), ("state".into(), state)])
}

pub(super) fn unknown_parameters(case: &mut Case<'_>) -> Reply {
    let more = [("ext_id", "x"), ("type", "code_v2"), ("session_state", "1.2"), ("x[]", ""), ("", "y"), ("Code", "z")];
    case.change(|pairs| pairs.extend(more.map(|(name, value)| (name.into(), value.into()))))
}

pub(super) fn given_up(case: &mut Case<'_>) -> Reply {
    case.held.login.give_up();
    case.held.arrive()
}
