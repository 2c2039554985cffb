//! Owns the rights that tokens carry: VK's names and bits, and how a request names them.
//!
//! Bits and names: <https://dev.vk.com/reference/access-rights>. A request names them as one decimal mask or as names with
//! commas; unknown bits of a mask are dropped silently, an unknown name is an error.

/// A set of rights as VK's bit mask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope(pub(crate) u32);

/// One right.
#[derive(Debug)]
pub(crate) struct Right {
    pub(crate) name: &'static str,
    pub(crate) bit: u32,
    pub(crate) title: &'static str,
}

/// Whose rights are meant: the same bit can mean another thing for a community.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Community,
    User,
}

const fn right(name: &'static str, bit: u32, title: &'static str) -> Right {
    Right { name, bit, title }
}

/// No expiry; a user's right only.
pub(crate) const OFFLINE: u32 = 65_536;
/// The email address comes with the token.
pub(crate) const EMAIL: u32 = 4_194_304;

static USER: [Right; 26] = [
    right("notify", 1, "send notifications"),
    right("friends", 2, "see friends"),
    right("photos", 4, "see and add photos"),
    right("audio", 8, "listen to audio"),
    right("video", 16, "see and add videos"),
    right("stories", 64, "see and add stories"),
    right("pages", 128, "edit wiki pages"),
    right("menu", 256, "add a link to the menu"),
    right("wallmenu", 512, "add a link to the wall menu"),
    right("status", 1024, "change the status line"),
    right("notes", 2048, "see and write notes"),
    right("messages", 4096, "read and send messages"),
    right("wall", 8192, "write on the wall"),
    right("ads", 32_768, "manage advertisements"),
    right("offline", OFFLINE, "use the token without end"),
    right("docs", 131_072, "see and add documents"),
    right("groups", 262_144, "see and manage communities"),
    right("notifications", 524_288, "see notifications"),
    right("stats", 1_048_576, "see statistics"),
    right("email", EMAIL, "know the email address"),
    right("adsweb", 8_388_608, "manage web advertisements"),
    right("leads", 16_777_216, "manage leads"),
    right("group_messages", 33_554_432, "read and send messages for communities"),
    right("exchange", 67_108_864, "use the exchange"),
    right("market", 134_217_728, "manage goods"),
    right("phone", 268_435_456, "know the phone number"),
];

static COMMUNITY: [Right; 8] = [
    right("stories", 1, "see and add stories"),
    right("photos", 4, "see and add photos"),
    right("app_widget", 64, "show a widget"),
    right("messages", 4096, "read and send messages"),
    right("wall", 8192, "write on the wall"),
    right("docs", 131_072, "see and add documents"),
    right("manage", 262_144, "manage the community"),
    right("market", 134_217_728, "manage goods"),
];

/// Every right there is for that kind of token.
pub(crate) fn rights(of: Of) -> &'static [Right] {
    match of {
        Of::Community => &COMMUNITY,
        Of::User => &USER,
    }
}

impl Scope {
    /// Reads the `scope` parameter; none when a name is unknown or a mask is no 32-bit number.
    pub(crate) fn parse(text: &str, of: Of) -> Option<Self> {
        let known = rights(of);
        if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
            let all = known.iter().fold(0, |mask, right| mask | right.bit);
            return text.parse::<u32>().ok().map(|mask| Self(mask & all));
        }
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(|name| known.iter().find(|right| right.name == name)).try_fold(Self(0), |mask, right| {
            let bit = right?.bit;
            Some(Self(mask.0 | bit))
        })
    }

    /// Whether that right is among them.
    pub(crate) const fn has(self, bit: u32) -> bool {
        self.0 & bit != 0
    }

    /// The rights in the set.
    pub(crate) fn rights(self, of: Of) -> impl Iterator<Item = &'static Right> {
        rights(of).iter().filter(move |right| self.has(right.bit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_masks_and_names() {
        for (text, of, expected) in [
            ("", Of::User, Some(0)),
            ("video,groups,wall", Of::User, Some(270_352)),
            ("wall, photos,groups,", Of::User, Some(270_340)),
            ("270340", Of::User, Some(270_340)),
            // The mask that a well-known token page sends has bits that mean nothing.
            ("1073737727", Of::User, Some(536_866_815 & 0x1FFF_FFFF & !(32 | 16_384 | 2_097_152))),
            ("manage,wall", Of::Community, Some(270_336)),
            ("manage", Of::User, None),
            ("wall groups", Of::User, None),
            ("99999999999", Of::User, None),
            ("<script>", Of::User, None),
        ] {
            assert_eq!(Scope::parse(text, of), expected.map(Scope), "{text}");
        }
    }
}
