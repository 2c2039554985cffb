//! Owns what pages load beside themselves: a style, a script, a picture. Each is named after its content, so that a browser may keep it.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use http::{HeaderValue, header};

use crate::reply::{self, Response};

/// One of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asset {
    Icon,
    Script,
    Style,
}

/// Their paths, in the order of [`Asset::ALL`].
static PATHS: LazyLock<[String; 3]> = LazyLock::new(|| Asset::ALL.map(Asset::named_after_content));

impl Asset {
    const ALL: [Self; 3] = [Self::Icon, Self::Script, Self::Style];

    /// Where it is: `/assets/style-0123456789abcdef.css`.
    pub(crate) fn path(self) -> &'static str {
        &PATHS[self as usize]
    }

    /// The file at that path.
    pub(crate) fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|asset| asset.path() == path)
    }

    pub(crate) fn response(self) -> Response {
        let (_, _, content_type) = self.names();
        let mut response = reply::document(content_type, self.content());
        // Its name changes with its content. A page that comes when the listener has closed already still finds it.
        let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(header::CACHE_CONTROL, keep);
        response
    }

    pub(crate) const fn content(self) -> &'static str {
        match self {
            Self::Icon => include_str!("icon.svg"),
            Self::Script => include_str!("page.js"),
            Self::Style => include_str!("style.css"),
        }
    }

    /// Name, ending, content type.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Icon => ("icon", "svg", "image/svg+xml"),
            Self::Script => ("page", "js", "text/javascript; charset=utf-8"),
            Self::Style => ("style", "css", "text/css; charset=utf-8"),
        }
    }

    fn named_after_content(self) -> String {
        use std::fmt::Write;
        let (name, ending, _) = self.names();
        let mut path = format!("/assets/{name}-");
        for byte in digest(&SHA256, self.content().as_bytes()).as_ref().iter().take(8) {
            // Writing to a String does not fail.
            let _ = write!(path, "{byte:02x}");
        }
        path.push('.');
        path.push_str(ending);
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_at_its_path_alone() {
        for asset in Asset::ALL {
            assert_eq!(Asset::at(asset.path()), Some(asset));
            assert_eq!(Asset::at(&asset.path()[1..]), None);
        }
        for path in ["/assets/style.css", "/assets/style-0000000000000000.css", "/assets/../page.js", "/assets/"] {
            assert_eq!(Asset::at(path), None, "{path}");
        }
    }

    #[test]
    fn nothing_in_them_leads_elsewhere() {
        for asset in Asset::ALL {
            for forbidden in
                ["http:", "https:", "//cdn", "@import", "url(", "innerHTML", "eval(", "postMessage", "document.write"]
            {
                let content = asset.content().replace("http://www.w3.org/2000/svg", "");
                assert!(!content.contains(forbidden), "{asset:?}: {forbidden}");
            }
        }
    }
}
