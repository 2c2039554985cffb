//! Owns the people of the emulated server. All of them are invented.

/// A person who can allow or deny.
#[derive(Debug)]
pub(super) struct Person {
    /// `preferred_username`, and the name for scripts.
    pub(super) username: &'static str,
    /// `sub`.
    pub(super) sub: &'static str,
    pub(super) name: &'static str,
    pub(super) email: &'static str,
}

/// Everybody. One has a name that must be escaped wherever it is shown.
pub(super) static PEOPLE: [Person; 3] = [
    Person { username: "anna", sub: "sub-1001", name: "Anna Ivanova", email: "anna@example.org" },
    Person { username: "boris", sub: "sub-1002", name: "Boris <b>O'Connor</b> & \"Sons\"", email: "boris@example.org" },
    Person { username: "vera", sub: "sub-1003", name: "Вера Соколова", email: "vera@example.org" },
];

/// The person of that user name.
pub(super) fn person(username: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| person.username == username)
}
