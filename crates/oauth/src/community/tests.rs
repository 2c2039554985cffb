//! VK's answers for communities, one line each.

use super::*;
use crate::sample;

fn describe(answer: &Answer) -> String {
    match read(answer) {
        Ok(answer) => {
            let entry = |token: &CommunityToken| format!("{}:{}", token.group_id, token.access_token.expose());
            let tokens: Vec<String> = answer.tokens.iter().map(entry).collect();
            format!("{} {:?}", tokens.join(" "), answer.lifetime)
        }
        Err(Fault::Strange(Strange::Missing(name))) => format!("no {name}"),
        Err(fault) => fault.cause().into_owned(),
    }
}

#[test]
fn reads_the_tokens_of_communities() {
    sample::check(
        "community",
        &[
            ("vk-one", "66748:533bacf01e11f55b For(Lifetime(43200))"),
            ("vk-two", "1:a 2:b Zero"),
            ("same_group", "duplicate_member"),
            ("token_twice", "duplicate_member"),
            ("no_token", "no access_token"),
            ("group_zero", "no group_id"),
            ("group_negative", "no group_id"),
            ("empty", "no groups"),
            ("not_a_list", "no groups"),
            ("entry_is_list", "no groups"),
            ("user", "no groups"),
            ("invalid_grant", "invalid_grant"),
        ],
        describe,
    );
}
