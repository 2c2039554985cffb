//! Owns where VK sends the browser after a choice: `blank.html`, here, or a place on loopback.

use url::{Host, Url};

use crate::target::Target;

const VK_HOSTS: [&str; 5] = ["oauth.vk.com", "oauth.vk.ru", "api.vk.com", "vk.com", "vk.ru"];

/// Reads `redirect_uri`; left out, it is `blank.html`. None when an application could not have it in its settings: the
/// sandbox takes `blank.html` and http on loopback.
pub(crate) fn read(redirect_uri: Option<&str>, base: &str) -> Option<Target> {
    let blank = format!("{base}/blank.html");
    let Some(text) = redirect_uri else {
        return Some(Target { shown: blank.clone(), place: blank, source: "'self'".to_owned() });
    };
    let url = Url::parse(text).ok()?;
    let is_bare = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if is_bare && is_vk_blank(&url) {
        return Some(Target { shown: text.to_owned(), place: blank, source: "'self'".to_owned() });
    }
    Target::on_loopback(text)
}

fn is_vk_blank(url: &Url) -> bool {
    let known = matches!(url.host(), Some(Host::Domain(name)) if VK_HOSTS.contains(&name));
    known && matches!(url.scheme(), "http" | "https") && url.port().is_none() && url.path() == "/blank.html"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_and_blank_html_are_places() {
        let base = "http://127.0.0.1:8001";
        let blank = "http://127.0.0.1:8001/blank.html";
        for (text, expected) in [
            (None, Some(blank)),
            (Some("http://127.0.0.1:8001/blank.html"), Some(blank)),
            (Some("https://oauth.vk.com/blank.html"), Some(blank)),
            (Some("https://oauth.vk.ru/blank.html"), Some(blank)),
            (Some("https://api.vk.com/blank.html"), Some(blank)),
            (Some("http://localhost:8000/callback?x=1"), Some("http://localhost:8000/callback?x=1")),
            (Some("http://[::1]:8000/callback/vk"), Some("http://[::1]:8000/callback/vk")),
            (Some("http://127.1:8000/"), Some("http://127.0.0.1:8000/")),
            (Some("https://127.0.0.1:8000/"), None),
            (Some("http://example.org/blank.html"), None),
            (Some("https://oauth.vk.com:444/blank.html"), None),
            (Some("https://oauth.vk.com/other"), None),
            (Some("https://oauth.vk.com.example.org/blank.html"), None),
            (Some("http://127.0.0.1.example.org/"), None),
            (Some("http://user@127.0.0.1/"), None),
            (Some("http://127.0.0.1/#x"), None),
            (Some("javascript:alert(1)"), None),
            (Some("data:text/html,x"), None),
            (Some("/blank.html"), None),
            (Some("//evil.example/"), None),
        ] {
            assert_eq!(read(text, base).map(|target| target.place).as_deref(), expected, "{text:?}");
        }
    }
}
