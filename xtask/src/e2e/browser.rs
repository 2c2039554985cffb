//! The person at the browser: one order at a time to `e2e/browser/browser.mjs`, and what the last page showed.

use std::cell::RefCell;
use std::process::Command;

use serde_json::{Value, json};

use super::child::Child;
use super::install::CHROMIUM;
use super::server::{absolute, log};
use crate::process::Stream;

pub(super) struct Browser(RefCell<Child>);

/// What the person does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit<'a> {
    pub(super) open: &'a str,
    pub(super) person: &'a str,
    /// Allow, or decline.
    pub(super) allow: bool,
    /// A cookie jar that is kept for the next visit of that name; otherwise a fresh one.
    pub(super) session: Option<&'a str>,
    /// What to type where a device's code is asked for.
    pub(super) code: Option<&'a str>,
    /// Do not go to addresses that begin so, but tell them.
    pub(super) hold: Option<&'a str>,
    /// How the answer is brought back to a connect page that opens the provider's in a new tab.
    pub(super) bring: Option<Bring>,
    /// The size and the colours of the browser, and where pictures of our pages go.
    pub(super) look: Option<Look<'a>>,
    /// Nothing is pressed, and no script runs.
    pub(super) only_look: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Bring {
    /// By the bookmark of the connect page, clicked in the new tab.
    Bookmark,
    /// The address of the new tab, pasted into the box.
    Paste,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) dark: bool,
    /// How the files of the pictures begin.
    pub(super) shot: &'a str,
}

impl<'a> Visit<'a> {
    /// Alice, who allows, in a fresh browser. Where she goes is said later.
    pub(super) fn alice() -> Self {
        Self {
            open: "",
            person: "alice",
            allow: true,
            session: None,
            code: None,
            hold: None,
            bring: None,
            look: None,
            only_look: false,
        }
    }

    pub(super) fn to(open: &'a str) -> Self {
        Self { open, ..Self::alice() }
    }

    pub(super) fn declining(self) -> Self {
        Self { allow: false, ..self }
    }

    pub(super) fn as_person(self, person: &'a str) -> Self {
        Self { person, ..self }
    }

    pub(super) fn in_session(self, name: &'a str) -> Self {
        Self { session: Some(name), ..self }
    }

    pub(super) fn typing(self, code: &'a str) -> Self {
        Self { code: Some(code), ..self }
    }

    pub(super) fn holding(self, prefix: &'a str) -> Self {
        Self { hold: Some(prefix), ..self }
    }

    pub(super) fn bringing(self, bring: Bring) -> Self {
        Self { bring: Some(bring), ..self }
    }

    pub(super) fn looking(self, look: Look<'a>) -> Self {
        Self { look: Some(look), ..self }
    }

    pub(super) fn only_looking(self, look: Look<'a>) -> Self {
        Self { look: Some(look), only_look: true, ..self }
    }

    fn order(&self) -> Value {
        let bring = self.bring.map(|bring| match bring {
            Bring::Bookmark => "bookmark",
            Bring::Paste => "paste",
        });
        let screen = self.look.map(|look| {
            json!({
                "viewport": { "width": look.width, "height": look.height },
                "isMobile": look.width < look.height,
                "colorScheme": if look.dark { "dark" } else { "light" },
                "javaScriptEnabled": !self.only_look,
            })
        });
        json!({
            "open": self.open, "as": self.person, "choose": if self.allow { "allow" } else { "deny" },
            "session": self.session, "code": self.code, "hold": self.hold, "bring": bring, "screen": screen,
            "shot": self.look.map(|look| look.shot), "only_look": self.only_look,
        })
    }
}

/// Where the person ended up.
#[derive(Debug)]
pub(super) struct Page {
    /// What the address bar shows; an internal address when the last server did not answer.
    pub(super) address: String,
    /// Status of the last answer to a visit.
    pub(super) status: u64,
    pub(super) heading: String,
    /// What the person did: every press, and what was typed, copied or pasted.
    pub(super) actions: u64,
    pub(super) text: String,
    /// The last address that the person was sent to, its fragment included, whether or not somebody answered there.
    pub(super) went_to: String,
    /// What pages asked for besides themselves: from, to.
    pub(super) requests: Vec<(String, String)>,
    /// Errors in the console, breaches of a page's policy among them: where, what.
    pub(super) complaints: Vec<(String, String)>,
    /// Where the back button leads, and the last address.
    pub(super) history: Vec<String>,
    /// Our pages on the way, measured, if that was asked for.
    pub(super) looks: Vec<Value>,
}

impl Browser {
    pub(super) fn start() -> Result<Self, String> {
        let mut node = Command::new("node");
        node.arg(absolute("browser/browser.mjs")).env("E2E_CHROMIUM", CHROMIUM);
        let mut child = Child::start("the browser", &mut node, log("browser")?)?;
        child.wait_for("being ready", |_: Stream, line: &str| line.starts_with("ready ").then_some(()))?;
        Ok(Self(RefCell::new(child)))
    }

    /// # Errors
    /// The browser could not do it: a page that nobody knows how to answer, or one that never came.
    pub(super) fn visit(&self, visit: Visit<'_>) -> Result<Page, String> {
        let mut child = self.0.borrow_mut();
        child.say(&visit.order().to_string())?;
        let answer = child.wait_for("an answer", |_: Stream, line: &str| serde_json::from_str::<Value>(line).ok())?;
        if let Some(error) = answer["error"].as_str() {
            return Err(format!("in the browser: {error}"));
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
        let pairs = |name: &str, one: &str, other: &str| {
            list(name).iter().map(|pair| (text(&pair[one]), text(&pair[other]))).collect()
        };
        Ok(Page {
            address: text(&answer["address"]),
            status: answer["status"].as_u64().unwrap_or(0),
            actions: answer["actions"].as_u64().unwrap_or(u64::MAX),
            heading: text(&answer["heading"]),
            text: text(&answer["text"]),
            went_to: text(&answer["went_to"]),
            requests: pairs("requests", "from", "to"),
            complaints: pairs("complaints", "at", "text"),
            history: list("history").iter().map(text).collect(),
            looks: list("looks"),
        })
    }
}
