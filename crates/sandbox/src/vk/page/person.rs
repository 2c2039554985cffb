//! Owns the pages that VK shows to people: `blank.html`, the validation that error 17 asks for, and the captcha.

use super::framed;
use crate::markup::Markup;
use crate::reply::Page;
use crate::vk::cast;

/// Where an allowed token arrives: VK's own warning, word for word. The fragment stays in the address bar.
pub(crate) fn blank() -> Page {
    let mut content = Markup::default();
    content.raw(
        "<p class=\"warning\" lang=\"ru\">Пожалуйста, не копируйте данные из адресной строки для сторонних сайтов. \
         Таким образом Вы можете потерять доступ к Вашему аккаунту.</p>\n",
    );
    framed("blank.html", &content, "'none'")
}

/// What error 17 leads to.
pub(crate) fn activation(person: u64) -> Page {
    let name = cast::person(person);
    let mut content = Markup::default();
    content.raw("<section class=\"card narrow\">\n<h1>Confirm that it is you</h1>\n<p>Here VK asks ");
    content.text(&name.first_name).raw(" ").text(&name.last_name);
    content.raw(" for a code from a message. When it is right, the address that follows carries a new token.</p>\n");
    content.raw("<p class=\"row\"><a class=\"button\" href=\"/activation?auto=success&amp;person=").text(person);
    content
        .raw("\">The code is right</a> <a class=\"button quiet\" href=\"/activation?auto=fail\">It is wrong</a></p>\n");
    content.raw("</section>\n");
    framed("Confirm", &content, "'none'")
}

/// What error 14 leads to.
pub(crate) fn captcha() -> Page {
    let mut content = Markup::default();
    content.raw("<section class=\"card narrow\">\n<h1>Captcha</h1>\n");
    content.raw(
        "<p>Here VK shows a picture or a puzzle, to see whether a person is there. The sandbox has none to solve: ",
    );
    content.raw("switch the fault off on <a href=\"/\">its page</a>.</p>\n</section>\n");
    framed("Captcha", &content, "'none'")
}

/// No such page.
pub(crate) fn missing() -> Page {
    let mut content = Markup::default();
    content.raw("<section class=\"card narrow\">\n<h1>Nothing here</h1>\n");
    content.raw("<p>What the sandbox can do stands on <a href=\"/\">its page</a>.</p>\n</section>\n");
    framed("Nothing here", &content, "'none'")
}

/// A form that was not understood.
pub(crate) fn refused(what: &'static str) -> Page {
    let mut content = Markup::default();
    content.raw("<section class=\"card narrow\">\n<h1>That did not work</h1>\n<p>Nothing was changed: ").text(what);
    content.raw(".</p>\n<p><a href=\"/\">Back</a></p>\n</section>\n");
    framed("That did not work", &content, "'none'")
}
