//! Our binary and its own sandbox, as somebody tries it who has no account anywhere: the commands that `serve --sandbox` prints, and the
//! emulated providers' pages in a browser.

use super::{Done, Home, Page, Visit, World, clean, ensure, keeps, speaks_for, visit};
use crate::e2e::browser::{Bring, Look};
use crate::e2e::child::Child;
use crate::e2e::server::absolute;
use crate::process::Stream;

/// How many emulated providers `serve --sandbox` announces.
const ANNOUNCED: usize = 16;

/// Sizes of a phone and of a desktop.
const SCREENS: [(&str, u32, u32); 2] = [("phone", 390, 844), ("desktop", 1280, 800)];

/// Below this a finger misses.
const LOWEST_BUTTON: f64 = 40.0;

/// A running `serve --sandbox`.
pub(super) struct Sandbox {
    pub(super) home: Home,
    announced: Vec<Announced>,
    _serving: Child,
}

/// A line of the announcement: the provider's name and address, and the command that logs in there.
struct Announced {
    name: String,
    url: String,
    command: Vec<String>,
}

impl Sandbox {
    pub(super) fn start(home: Home) -> Result<Self, String> {
        let home = home.in_sandbox();
        let mut serving = home.start(&["serve", "--sandbox-listen", "127.0.0.1:0"])?;
        let mut announced = Vec::new();
        while announced.len() < ANNOUNCED {
            announced.push(serving.wait_for("its providers", |_: Stream, line: &str| Announced::read(line))?);
        }
        Ok(Self { home, announced, _serving: serving })
    }

    /// Its VK always sends to the blank page; so a home beside it, with a configuration, has a VK application whose redirect URI is ours.
    pub(super) fn beside(world: &World, flow: &str, configuration: &str) -> Result<(Self, Home), String> {
        let elsewhere = Home::new(world, flow, "")?.with("GRANTKEEP_LISTEN", "127.0.0.1:0");
        let sandbox = Self::start(elsewhere)?;
        let vk = sandbox.url("VK")?;
        let home = Home::new(world, &format!("{flow}-home"), configuration)?
            .with("GRANTKEEP_VK_OAUTH_URL", vk)
            .with("GRANTKEEP_VK_API_URL", vk)
            .with("GRANTKEEP_VK_REDIRECT_URI", format!("{}/callback/vk", world.callback()));
        Ok((sandbox, home))
    }

    /// The address of an emulated provider.
    pub(super) fn url(&self, name: &str) -> Result<&str, String> {
        Ok(&self.find(name)?.url)
    }

    fn find(&self, name: &str) -> Result<&Announced, String> {
        self.announced.iter().find(|one| one.name == name).ok_or_else(|| format!("`{name}` is not announced"))
    }

    /// Logs in with the command that is announced for `name`, and more words. The terminal and the page say who that is.
    pub(super) fn log_in(
        &self,
        world: &World,
        name: &str,
        more: &[&str],
        whom: &str,
        order: Visit<'_>,
    ) -> Result<Page, String> {
        let announced = self.find(name)?;
        let words: Vec<&str> = announced.command.iter().map(String::as_str).chain(more.iter().copied()).collect();
        arrive(world, &self.home, &words, whom, order)
    }
}

impl Announced {
    fn read(line: &str) -> Option<Self> {
        let (place, program) = line.split_once(" grantkeep ")?;
        let (_, command) = program.split_once("--sandbox login ")?;
        let (name, url) = place.split_once(':')?;
        let command = command.split_whitespace().map(str::to_owned).collect();
        Some(Self { name: name.to_owned(), url: url.trim().to_owned(), command })
    }
}

/// A login in a browser that ends well, and what the person sees then.
fn arrive(world: &World, home: &Home, words: &[&str], whom: &str, order: Visit<'_>) -> Result<Page, String> {
    let (ended, page) = visit(world, home.login(words)?, order)?;
    let ended = ended.expect(0).map_err(|finding| format!("{finding}\nthe person sees: {page:?}"))?;
    ensure(ended.stdout.contains(whom), || format!("does not say whom it kept: {ended:?}"))?;
    let told = page.heading.starts_with("Signed in as ") && page.heading.contains(whom);
    ensure(told, || format!("the page does not say whom it kept: {page:?}"))?;
    clean(world, &page)?;
    let ours = world.callback();
    let complaint = page.complaints.iter().find(|(at, _)| at.starts_with(&ours));
    ensure(complaint.is_none(), || format!("the browser complains about our page: {complaint:?}"))?;
    Ok(page)
}

fn sandbox(world: &World, flow: &str) -> Result<Sandbox, String> {
    Sandbox::start(Home::new(world, flow, "")?)
}

/// Anna lives in the sandbox.
pub(super) fn anna() -> Visit<'static> {
    Visit::alice().as_person("anna")
}

pub(super) fn mastodon(world: &World) -> Done {
    let sandbox = sandbox(world, "sandbox/mastodon")?;
    let all: Vec<&Announced> = sandbox.announced.iter().filter(|one| one.command[0] == "mastodon").collect();
    for Announced { name, url, .. } in &all {
        let account = format!("anna@{}", url.trim_start_matches("http://"));
        let kept = || -> Done {
            sandbox.log_in(world, name, &[], &account, anna())?;
            let token = sandbox.home.token(&format!("mastodon/{account}"))?;
            speaks_for(&token, &format!("{url}/api/v1/accounts/verify_credentials"), "anna")
        };
        kept().map_err(|finding| format!("{name}: {finding}"))?;
    }
    sandbox.home.all_confirmed(all.len())?;
    Ok(())
}

/// Logs in at the OAuth 2.0 server.
fn at_acme(world: &World, flow: &str, more: &[&str]) -> Done {
    let sandbox = sandbox(world, flow)?;
    sandbox.log_in(world, "OAuth 2.0", more, "anna", anna())?;
    keeps(&sandbox.home, "acme", &format!("{}/userinfo", sandbox.find("OAuth 2.0")?.url), "anna")
}

pub(super) fn acme(world: &World) -> Done {
    at_acme(world, "sandbox/acme", &[])
}

pub(super) fn remote(world: &World) -> Done {
    at_acme(world, "sandbox/remote", &["--remote"])
}

pub(super) fn acme_device(world: &World) -> Done {
    let sandbox = sandbox(world, "sandbox/acme-device")?;
    let announced = sandbox.find("by device")?;
    let words: Vec<&str> = announced.command.iter().map(String::as_str).collect();
    let mut login = sandbox.home.login(&words)?;
    let request = login.request()?;
    world.browser()?.visit(Visit { open: &request.address, code: request.code.as_deref(), ..anna() })?;
    let ended = login.end()?.expect(0)?;
    ensure(ended.stdout.contains("acme/anna"), || format!("does not say whom it kept: {ended:?}"))?;
    keeps(&sandbox.home, "acme", &format!("{}/userinfo", announced.url), "anna")
}

/// Anna's number at VK, by which her token is called.
pub(super) const VK_ANNA: &str = "vk_100001";

fn at_vk(world: &World, flow: &str, name: &str, order: Visit<'_>) -> Done {
    let sandbox = sandbox(world, flow)?;
    sandbox.log_in(world, name, &[], VK_ANNA, order)?;
    kept_from_vk(&sandbox.home)
}

fn kept_from_vk(home: &Home) -> Done {
    let credential = home.confirmed()?;
    ensure(credential["account_name"] == VK_ANNA, || format!("kept for somebody else: {credential}"))
}

pub(super) fn vk_id(world: &World) -> Done {
    at_vk(world, "sandbox/vk-id", "VK ID", anna())
}

pub(super) fn vk_code(world: &World) -> Done {
    at_vk(world, "sandbox/vk-code", "VK, by code", anna())
}

pub(super) fn vk_paste_box(world: &World) -> Done {
    at_vk(world, "sandbox/vk-paste-box", "VK", anna().bringing(Bring::Paste))
}

pub(super) fn vk_bookmarklet(world: &World) -> Done {
    at_vk(world, "sandbox/vk-bookmarklet", "VK", anna().bringing(Bring::Bookmark))
}

pub(super) fn vk_fragment(world: &World) -> Done {
    let (_sandbox, home) = Sandbox::beside(world, "sandbox/vk-fragment", "")?;
    arrive(world, &home, &["vk"], VK_ANNA, anna())?;
    kept_from_vk(&home)
}

pub(super) fn phone(world: &World) -> Done {
    let sandbox = sandbox(world, "sandbox/phone")?;
    let place = absolute("shot");
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    for (screen, width, height) in SCREENS {
        for (colours, dark) in [("light", false), ("dark", true)] {
            for (provider, whom, bring) in [("OAuth 2.0", "anna", None), ("VK", VK_ANNA, Some(Bring::Paste))] {
                let name = format!("{screen}-{colours}-{}", if bring.is_none() { "acme" } else { "vk" });
                let shot = place.join(&name).display().to_string();
                let order = anna().looking(Look { width, height, dark, shot: &shot });
                let page = sandbox.log_in(world, provider, &[], whom, Visit { bring, ..order })?;
                both_seen(&page).and_then(|()| fits(&page)).map_err(|finding| format!("{name}: {finding}"))?;
            }
        }
    }
    sandbox.home.all_confirmed(2)?;
    Ok(())
}

/// The connect page and the page at the end.
fn both_seen(page: &Page) -> Done {
    let paths = || page.looks.iter().map(|look| look["address"].as_str().unwrap_or_default());
    let both = ["/connect/", "/done/"].iter().all(|begin| paths().any(|path| path.starts_with(begin)));
    ensure(both, || format!("other pages were seen: {:?}", page.looks))
}

/// Our pages on the way: nothing to scroll to the side for, nothing too small to hit.
pub(super) fn fits(page: &Page) -> Done {
    for look in &page.looks {
        ensure(look["too_wide"] == 0, || format!("must be scrolled to the side: {look}"))?;
        // Null where there is none.
        let fits = look["lowest_button"].as_f64().is_none_or(|height| height >= LOWEST_BUTTON);
        ensure(fits, || format!("a button is too low: {look}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Announced;

    #[test]
    fn reads_the_announcement() {
        let row = |line: &str| Announced::read(line).map(|read| (read.name, read.url, read.command.join(" ")));
        for (line, expected) in [
            (
                "VK, by code:  http://[::1]:1     grantkeep --sandbox login vk --flow code",
                Some(("VK, by code", "http://[::1]:1", "vk --flow code")),
            ),
            (
                "VK ID:  http://127.0.0.1:1/id  grantkeep --sandbox login vk",
                Some(("VK ID", "http://127.0.0.1:1/id", "vk")),
            ),
            (
                "VK:     http://127.0.0.1:1  grantkeep --data-dir /srv/grant --sandbox login vk",
                Some(("VK", "http://127.0.0.1:1", "vk")),
            ),
            ("API key:  ey", None),
            ("", None),
        ] {
            let expected = expected.map(|(name, url, command)| (name.to_owned(), url.to_owned(), command.to_owned()));
            assert_eq!(row(line), expected, "{line}");
        }
    }
}
