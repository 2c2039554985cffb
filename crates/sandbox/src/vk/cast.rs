//! Owns who plays in the sandbox: people, communities and applications. All of them are invented.
//!
//! Ids outside these lists exist too, with a name made of the id; only the behaviour of the listed applications is special.

use std::borrow::Cow;

/// A person who can allow or deny.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: u64,
    pub(crate) first_name: Cow<'static, str>,
    pub(crate) last_name: Cow<'static, str>,
    pub(crate) email: Cow<'static, str>,
}

/// A community that can be connected.
#[derive(Clone, Debug)]
pub(crate) struct Community {
    pub(crate) id: u64,
    pub(crate) name: Cow<'static, str>,
}

/// An application, by its `client_id`.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) id: u64,
    pub(crate) name: Cow<'static, str>,
    pub(crate) rule: AppRule,
}

/// What VK does when an application asks for a token by the implicit flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppRule {
    /// Switched off in its settings.
    Disabled,
    /// A Mini App: everything but `offline`.
    MiniApp,
    /// Asked too often.
    TooMuchTries,
    /// Nothing special.
    Usual,
    /// Belongs to the VK ID cabinet, which has another flow.
    VkIdCabinet,
}

impl AppRule {
    /// In words, for the sandbox's own page.
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::Disabled => "switched off by its owner: answers “application is disabled”",
            Self::MiniApp => "a Mini App: asking for “offline” answers “invalid scope”",
            Self::TooMuchTries => "asked too often: answers “too much tries”",
            Self::Usual => "an ordinary application",
            Self::VkIdCabinet => "made in the VK ID cabinet, where this flow is closed: answers “Security Error”",
        }
    }
}

const fn known_person(id: u64, first_name: &'static str, last_name: &'static str, email: &'static str) -> Person {
    Person {
        id,
        first_name: Cow::Borrowed(first_name),
        last_name: Cow::Borrowed(last_name),
        email: Cow::Borrowed(email),
    }
}

/// The people a person can choose between. One has a name that must be escaped wherever it is shown.
pub(crate) static PEOPLE: [Person; 4] = [
    known_person(100_001, "Anna", "Ivanova", "anna@example.org"),
    known_person(100_002, "Boris", "Petrov", "boris@example.org"),
    known_person(100_003, "Вера", "Соколова", "vera@example.org"),
    known_person(100_004, "Zoë <Zed>", "O'Connor & \"Sons\"", "zoe@example.org"),
];

/// The communities named on the page.
pub(crate) static COMMUNITIES: [Community; 2] = [
    Community { id: 200_001, name: Cow::Borrowed("Night Trains") },
    Community { id: 200_002, name: Cow::Borrowed("Городские фотографы") },
];

const fn known_app(id: u64, name: &'static str, rule: AppRule) -> App {
    App { id, name: Cow::Borrowed(name), rule }
}

/// The applications with a behaviour of their own, and Grantkeep's default one.
pub(crate) static APPS: [App; 5] = [
    known_app(54_249_533, "Grantkeep", AppRule::Usual),
    known_app(51_000_001, "Pocket Planner", AppRule::MiniApp),
    known_app(51_000_002, "Cabinet App", AppRule::VkIdCabinet),
    known_app(51_000_003, "Sleeping App", AppRule::Disabled),
    known_app(51_000_004, "Impatient App", AppRule::TooMuchTries),
];

/// The person of that id; every id is somebody.
pub(crate) fn person(id: u64) -> Person {
    PEOPLE.iter().find(|person| person.id == id).cloned().unwrap_or_else(|| Person {
        id,
        first_name: "Person".into(),
        last_name: id.to_string().into(),
        email: format!("person{id}@example.org").into(),
    })
}

/// The community of that id; every id is one.
pub(crate) fn community(id: u64) -> Community {
    let known = COMMUNITIES.iter().find(|community| community.id == id).cloned();
    known.unwrap_or_else(|| Community { id, name: format!("Community {id}").into() })
}

/// The application of that id; every positive number is one.
pub(crate) fn app(id: u64) -> App {
    let known = APPS.iter().find(|app| app.id == id).cloned();
    known.unwrap_or_else(|| App { id, name: format!("Application {id}").into(), rule: AppRule::Usual })
}
