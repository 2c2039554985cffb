//! Owns the page on which a person types the code that a device shows.

use super::framed;
use crate::markup::Markup;
use crate::reply::Page;

/// The page, with what was typed or came with the address, and what was wrong with it.
pub(in crate::oauth2) fn page(typed: &str, wrong: Option<&'static str>) -> Page {
    let mut content = Markup::default();
    content.raw(
        "<section class=\"card narrow\">\n<h1>Connect a device</h1>\n<p>Type the code that your device shows.</p>\n",
    );
    if let Some(wrong) = wrong {
        content.raw("<p role=\"alert\"><strong>").raw(wrong).raw("</strong></p>\n");
    }
    content.raw(
        "<form method=\"post\" action=\"/device\">\n<label class=\"field\">Code <input name=\"user_code\" required ",
    );
    content.raw("autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" maxlength=\"20\" ");
    content.raw("placeholder=\"BCDF-GHJK\" value=\"").text(typed).raw("\"></label>\n");
    content.raw("<p class=\"row\"><button>Go on</button></p>\n</form>\n</section>\n");
    framed("Connect a device", &content, "'self'")
}
