//! Owns who has an account on the emulated Mastodons. All of them are invented, and the same on each server.

/// A person with an account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    pub(super) username: &'static str,
    pub(super) display_name: &'static str,
    pub(super) email: &'static str,
    /// The account's number on servers that have numbers.
    pub(super) id: &'static str,
    pub(super) ulid: &'static str,
    pub(super) uuid: &'static str,
}

/// What a person types where a password is asked for.
pub(super) const PASSWORD: &str = "sandbox";

/// How an account stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    #[default]
    Active,
    Disabled,
    Pending,
    Suspended,
    Unconfirmed,
}

impl Standing {
    /// Each with its name.
    pub(super) const ALL: [(Self, &'static str); 5] = [
        (Self::Active, "active"),
        (Self::Disabled, "disabled"),
        (Self::Pending, "pending"),
        (Self::Suspended, "suspended"),
        (Self::Unconfirmed, "unconfirmed"),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(standing, _)| *standing == self).map_or("", |(_, name)| name)
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(standing, _)| *standing)
    }
}

/// One of them has a name that must be escaped wherever it is shown.
pub(super) static PEOPLE: [Person; 4] = [
    Person {
        username: "anna",
        display_name: "Anna Ivanova",
        email: "anna@example.org",
        id: "109300000000000001",
        ulid: "01F8MH1H7YV1Z7D2C8K2730QA1",
        uuid: "018f0d5e-0000-7000-8000-000000000001",
    },
    Person {
        username: "boris",
        display_name: "Boris Petrov",
        email: "boris@example.org",
        id: "109300000000000002",
        ulid: "01F8MH1H7YV1Z7D2C8K2730QB2",
        uuid: "018f0d5e-0000-7000-8000-000000000002",
    },
    Person {
        username: "vera",
        display_name: "Вера Соколова",
        email: "vera@example.org",
        id: "109300000000000003",
        ulid: "01F8MH1H7YV1Z7D2C8K2730QV3",
        uuid: "018f0d5e-0000-7000-8000-000000000003",
    },
    Person {
        username: "zoe",
        display_name: "Zoë <Zed> O'Connor & \"Sons\"",
        email: "zoe@example.org",
        id: "109300000000000004",
        ulid: "01F8MH1H7YV1Z7D2C8K2730QZ4",
        uuid: "018f0d5e-0000-7000-8000-000000000004",
    },
];

/// The index in [`PEOPLE`] of that name or address.
pub(super) fn index(name: &str) -> Option<usize> {
    PEOPLE.iter().position(|person| person.username == name || person.email == name)
}
