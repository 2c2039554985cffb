//! Licence expressions: may we use what is offered under this one?
//!
//! The grammar is SPDX's (annex D: AND, OR, WITH, parentheses), and the `/` that older packages write for OR.

/// Can the expression be satisfied by the allowed licences alone? `A WITH B` counts as one licence, listed as such.
///
/// # Errors
/// Says what is wrong with an expression that follows no grammar.
pub(super) fn satisfied(expression: &str, allowed: &[&str]) -> Result<bool, String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { rest: &words, allowed };
    let answer = parser.any()?;
    match parser.rest.first() {
        None => Ok(answer),
        Some(word) => Err(format!("`{word}` is not expected")),
    }
}

struct Parser<'a> {
    rest: &'a [&'a str],
    allowed: &'a [&'a str],
}

impl<'a> Parser<'a> {
    /// `all OR all ...`
    fn any(&mut self) -> Result<bool, String> {
        let mut answer = self.all()?;
        while self.take("OR") {
            answer |= self.all()?;
        }
        Ok(answer)
    }

    /// `one AND one ...`: binds tighter than OR.
    fn all(&mut self) -> Result<bool, String> {
        let mut answer = self.one()?;
        while self.take("AND") {
            answer &= self.one()?;
        }
        Ok(answer)
    }

    /// A licence, a licence with an exception, or an expression in parentheses.
    fn one(&mut self) -> Result<bool, String> {
        if self.take("(") {
            let answer = self.any()?;
            return if self.take(")") { Ok(answer) } else { Err("`)` is missing".to_owned()) };
        }
        let licence = self.name()?;
        if self.take("WITH") {
            let both = format!("{licence} WITH {}", self.name()?);
            return Ok(self.allowed.contains(&both.as_str()));
        }
        Ok(self.allowed.contains(&licence))
    }

    fn name(&mut self) -> Result<&'a str, String> {
        match self.rest {
            [] => Err("a licence is missing at the end".to_owned()),
            [word @ ("AND" | "OR" | "WITH" | "(" | ")"), ..] => Err(format!("a licence is missing before `{word}`")),
            [word, rest @ ..] => {
                self.rest = rest;
                Ok(word)
            }
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.rest.first() == Some(&word);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }
}

#[cfg(test)]
mod tests;
