//! Owns how a credential becomes a row and back. A row that fits no variant is damage, named by table, id and column.

use grantkeep_core::{
    Account, Credential, Evidence, Expiry, Grant, Outcome, Owner, Provider, Reading, Renewal, Scope, Sealed, Subject,
    Timestamp, TokenKind, Trouble, TroubleKind, Uid,
    notice::{Stage, Told},
};
use rusqlite::types::FromSql;

use crate::{DamagedCredential, Row};

/// Every column that [`read`] reads, in its order.
pub(super) const COLUMNS: &str = "id, uid, revision, owner, provider, server, account, subject_kind, subject_id, \
     subject_text, token_kind, access_token, refresh_token, device_id, generation, scope_asked, scope_granted, expires_at, expiry_source, captured_at, clear_outcome, clear_cause, clear_asked, clear_since, \
     clear_at, unclear_cause, unclear_asked, unclear_since, unclear_at, created_at, check_at, renew_at, renew_failures, renew_misconfigured, leased_until, fence, trouble, \
     trouble_cause, trouble_since, told_generation, told_stage, told_at";

/// One row, read column by column, that knows how to say which column was wrong.
struct Columns<'r> {
    row: &'r rusqlite::Row<'r>,
    id: i64,
}

impl Columns<'_> {
    /// Says what still reads of it, so that a person knows which one it is.
    fn damaged(&self, column: &'static str) -> DamagedCredential {
        let text = |column| self.row.get::<_, String>(column).ok();
        DamagedCredential {
            id: self.id,
            column,
            provider: text("provider").and_then(|name| Provider::from_name(&name)),
            account: text("account").and_then(|name| Account::new(&name).ok()),
        }
    }

    fn get<T: FromSql>(&self, column: &'static str) -> Result<T, DamagedCredential> {
        self.row.get(column).map_err(|_| self.damaged(column))
    }

    fn at(&self, column: &'static str) -> Result<Option<Timestamp>, DamagedCredential> {
        Ok(self.get::<Option<i64>>(column)?.map(Timestamp::from_unix))
    }

    fn at_always(&self, column: &'static str) -> Result<Timestamp, DamagedCredential> {
        self.at(column)?.ok_or_else(|| self.damaged(column))
    }

    fn name<T>(&self, column: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, DamagedCredential> {
        read(&self.get::<String>(column)?).ok_or_else(|| self.damaged(column))
    }
}

pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(read_columns(&Columns { row, id: row.get("id")? }))
}

fn read_columns(columns: &Columns<'_>) -> Row {
    Ok(Credential {
        id: columns.id,
        uid: Uid(columns.get("uid")?),
        revision: columns.get("revision")?,
        owner: columns.name("owner", |text| Owner::new(text).ok())?,
        provider: columns.name("provider", Provider::from_name)?,
        server: columns.get("server")?,
        account: columns.name("account", |text| Account::new(text).ok())?,
        subject: read_subject(columns)?,
        grant: Grant {
            kind: columns.name("token_kind", TokenKind::from_name)?,
            access_token: Sealed(columns.get::<Vec<u8>>("access_token")?.into()),
            refresh_token: read_sealed(columns, "refresh_token")?,
            device_id: read_sealed(columns, "device_id")?,
            generation: columns.get("generation")?,
            expiry: read_expiry(columns)?,
            scope: Scope { asked: columns.get("scope_asked")?, granted: columns.get("scope_granted")? },
        },
        evidence: Evidence {
            captured_at: columns.at_always("captured_at")?,
            clear: read_clear(columns)?,
            unclear: read_unclear(columns)?,
        },
        created_at: columns.at_always("created_at")?,
        check_at: columns.at("check_at")?,
        renewal: read_renewal(columns)?,
        told: Told {
            generation: columns.get("told_generation")?,
            stage: columns.name("told_stage", Stage::from_name)?,
            at: columns.at("told_at")?,
        },
    })
}

fn read_sealed(columns: &Columns<'_>, column: &'static str) -> Result<Option<Sealed>, DamagedCredential> {
    Ok(columns.get::<Option<Vec<u8>>>(column)?.map(|blob| Sealed(blob.into())))
}

fn read_subject(columns: &Columns<'_>) -> Result<Option<Subject>, DamagedCredential> {
    let kind: Option<String> = columns.get("subject_kind")?;
    let id: Option<i64> = columns.get("subject_id")?;
    if let Some(text) = columns.get::<Option<Box<str>>>("subject_text")? {
        return Ok(Some(Subject::Person(text)));
    }
    match (kind.as_deref(), id.map(i64::cast_unsigned)) {
        (None, None) => Ok(None),
        (Some("user"), Some(id)) => Ok(Some(Subject::User(id))),
        (Some("community"), Some(id)) => Ok(Some(Subject::Community(id))),
        (Some("application"), None) => Ok(Some(Subject::Application)),
        _ => Err(columns.damaged("subject_kind")),
    }
}

fn read_expiry(columns: &Columns<'_>) -> Result<Expiry, DamagedCredential> {
    let source: Option<String> = columns.get("expiry_source")?;
    match (source.as_deref(), columns.at("expires_at")?) {
        // No OAuth 2.0 server can say that a token never ends.
        (None, None) => match columns.name("token_kind", TokenKind::from_name)? {
            TokenKind::OAuth2 | TokenKind::OAuth2Client => Ok(Expiry::Unstated),
            _ => Ok(Expiry::Never),
        },
        (Some("stated"), Some(at)) => Ok(Expiry::Stated(at)),
        (Some("assumed"), Some(at)) => Ok(Expiry::Assumed(at)),
        _ => Err(columns.damaged("expiry_source")),
    }
}

fn read_renewal(columns: &Columns<'_>) -> Result<Renewal, DamagedCredential> {
    let trouble = match columns.get::<Option<String>>("trouble")? {
        None => None,
        Some(kind) => Some(Trouble {
            kind: TroubleKind::from_name(&kind).ok_or_else(|| columns.damaged("trouble"))?,
            cause: columns.get::<String>("trouble_cause")?.into(),
            since: columns.at_always("trouble_since")?,
        }),
    };
    Ok(Renewal {
        at: columns.at("renew_at")?,
        failures: columns.get("renew_failures")?,
        is_misconfigured: columns.get("renew_misconfigured")?,
        leased_until: columns.at("leased_until")?,
        fence: columns.get("fence")?,
        trouble,
    })
}

fn read_clear(columns: &Columns<'_>) -> Result<Option<Reading>, DamagedCredential> {
    let Some(at) = columns.at("clear_at")? else { return Ok(None) };
    Ok(Some(Reading {
        outcome: columns.name("clear_outcome", Outcome::from_name)?,
        cause: columns.get::<String>("clear_cause")?.into(),
        asked: columns.get::<String>("clear_asked")?.into(),
        since: columns.at_always("clear_since")?,
        at,
    }))
}

fn read_unclear(columns: &Columns<'_>) -> Result<Option<Reading>, DamagedCredential> {
    let Some(at) = columns.at("unclear_at")? else { return Ok(None) };
    Ok(Some(Reading {
        outcome: Outcome::Unclear,
        cause: columns.get::<String>("unclear_cause")?.into(),
        asked: columns.get::<String>("unclear_asked")?.into(),
        since: columns.at_always("unclear_since")?,
        at,
    }))
}

/// What a credential's variants look like in columns.
pub(super) struct Flat<'c> {
    pub(super) subject_kind: Option<&'static str>,
    pub(super) subject_id: Option<i64>,
    pub(super) subject_text: Option<&'c str>,
    pub(super) expires_at: Option<i64>,
    pub(super) expiry_source: Option<&'static str>,
    pub(super) clear: Option<&'c Reading>,
    pub(super) unclear: Option<&'c Reading>,
}

pub(super) fn flatten<'c>(subject: Option<&'c Subject>, expiry: Expiry, evidence: &'c Evidence) -> Flat<'c> {
    // Bit by bit: the engine's integers have a sign.
    let id = |id: u64| Some(id.cast_signed());
    let (subject_kind, subject_id) = match subject {
        None | Some(Subject::Person(_)) => (None, None),
        Some(Subject::User(user)) => (Some("user"), id(*user)),
        Some(Subject::Community(group)) => (Some("community"), id(*group)),
        Some(Subject::Application) => (Some("application"), None),
    };
    let subject_text = match subject {
        Some(Subject::Person(text)) => Some(&**text),
        _ => None,
    };
    let expiry_source = match expiry {
        Expiry::Never | Expiry::Unstated => None,
        Expiry::Stated(_) => Some("stated"),
        Expiry::Assumed(_) => Some("assumed"),
    };
    Flat {
        subject_kind,
        subject_id,
        subject_text,
        expires_at: expiry.at().map(Timestamp::unix),
        expiry_source,
        clear: evidence.clear.as_ref(),
        unclear: evidence.unclear.as_ref(),
    }
}
