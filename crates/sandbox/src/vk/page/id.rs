//! Owns VK ID's page on which a person allows or denies.

use super::consent::people;
use super::framed;
use crate::markup::Markup;
use crate::reply::Page;
use crate::vk::id::authorize::Asked;
use crate::vk::scope::Of;

/// The page. The form goes back to the address it came from, so that what the application sent stays as it was sent.
pub(crate) fn page(asked: &Asked, path: &str, query: &str) -> Page {
    let mut content = Markup::default();
    content.raw("<section class=\"card narrow\">\n<p class=\"quiet\">VK ID</p>\n<h1>Continue to <bdi>");
    content.text(&asked.app.name).raw("</bdi></h1>\n<p class=\"quiet\">Application ").text(asked.app.id).raw("</p>\n");
    content.raw("<form method=\"post\" action=\"").text(path).raw("?").text(query).raw("\">\n");
    content.raw("<input type=\"hidden\" name=\"boxes\" value=\"on\">\n").add(&people(asked.person)).add(&rights(asked));
    content.raw("<p class=\"row\"><button name=\"auto\" value=\"allow\">Continue</button> ");
    content.raw("<button class=\"quiet\" name=\"auto\" value=\"deny\">Cancel</button></p>\n");
    content
        .raw("<details>\n<summary>More</summary>\n<p><label><input type=\"checkbox\" name=\"payload\" value=\"on\"> ");
    content.raw("The answer comes in one parameter, <code>payload</code></label></p>\n</details>\n");
    content.raw("</form>\n<p class=\"quiet\">Afterwards the browser goes to ").code(&asked.target.shown);
    content.raw(" with the state ").code(&asked.state).raw(".</p>\n</section>\n");
    framed("Continue?", &content, &asked.target.sources())
}

fn rights(asked: &Asked) -> Markup {
    let mut list = Markup::default();
    list.raw("<fieldset>\n<legend>It will know your name, and may</legend>\n");
    if asked.scope.rights(Of::User).next().is_none() {
        list.raw("<p class=\"quiet\">do nothing more.</p>\n</fieldset>\n");
        return list;
    }
    for right in asked.scope.rights(Of::User) {
        list.raw("<label class=\"person\"><input type=\"checkbox\" name=\"right\" value=\"").text(right.name);
        list.raw("\" checked> ").text(right.title).raw(" ").code(right.name).raw("</label>\n");
    }
    list.raw("<p class=\"quiet\">What is not ticked is left out without a word, as VK does with rights it did not approve.</p>\n");
    list.raw("</fieldset>\n");
    list
}
