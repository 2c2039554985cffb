//! Expressions as packages write them, one line each.

use super::satisfied;

const ALLOWED: &[&str] = &["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "ISC"];

#[test]
fn decides_expressions() {
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("GPL-3.0-only OR MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("MIT AND ISC", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only / LGPL-2.1", false),
        ("Unlicense/MIT", true),
        // AND binds tighter than OR.
        ("MIT OR ISC AND GPL-3.0-only", true),
        ("GPL-3.0-only AND ISC OR MIT", true),
        ("GPL-3.0-only AND (ISC OR MIT)", false),
        ("(MIT OR GPL-3.0-only) AND ISC", true),
        ("((MIT))AND(ISC)", true),
        // An exception makes another licence of it, in both directions.
        ("Apache-2.0 WITH LLVM-exception", true),
        ("MIT WITH LLVM-exception", false),
        ("GPL-2.0-only WITH Classpath-exception-2.0", false),
        ("GPL-2.0-only WITH Classpath-exception-2.0 OR Apache-2.0 WITH LLVM-exception OR X", true),
        // A name counts whole, and as it is written.
        ("mit", false),
        ("MIT-0", false),
        ("Apache-2.0+", false),
        ("ISC AND (Apache-2.0 OR ISC) AND Apache-2.0 AND MIT AND (Apache-2.0 OR ISC OR MIT-0)", true),
    ] {
        assert_eq!(satisfied(expression, ALLOWED), Ok(expected), "{expression}");
    }
}

#[test]
fn refuses_what_follows_no_grammar() {
    for (expression, expected) in [
        ("", "a licence is missing at the end"),
        ("MIT OR", "a licence is missing at the end"),
        ("OR MIT", "a licence is missing before `OR`"),
        ("MIT AND OR ISC", "a licence is missing before `OR`"),
        ("MIT ISC", "`ISC` is not expected"),
        ("(MIT", "`)` is missing"),
        ("MIT)", "`)` is not expected"),
        ("()", "a licence is missing before `)`"),
        ("MIT WITH", "a licence is missing at the end"),
        ("MIT, ISC", "`ISC` is not expected"),
    ] {
        assert_eq!(satisfied(expression, ALLOWED), Err(expected.to_owned()), "{expression}");
    }
}
