//! Owns the statements: one function each, bound parameters only.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use grantkeep_core::{Account, Credential, CredentialId, Owner, Provider, Renewal, Timestamp, notice::Told};
use rusqlite::{Connection, OptionalExtension, Params, params, params_from_iter, types::ValueRef};

use super::{
    damage::Damage,
    row::{self, COLUMNS},
};
use crate::{ApiKey, DamagedKey, Found, KeyRow, Listing, NewCredential, Row, StoreFault};

/// Whether a write makes the credential the most recently stored one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Kept,
    /// With this place in the order of storing, greater than any before.
    Latest(i64),
}

pub(super) fn one(
    connection: &Connection,
    end: &str,
    parameters: impl Params,
) -> Result<Option<Credential>, StoreFault> {
    let sql = format!("SELECT {COLUMNS} FROM credential {end}");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row(parameters, row::read).optional()?.transpose()?)
}

/// Reads rows for as long as `take` wants more of them.
fn each<T>(
    connection: &Connection,
    end: &str,
    parameters: impl Params,
    take: impl FnOnce(&mut dyn Iterator<Item = rusqlite::Result<Row>>) -> rusqlite::Result<T>,
) -> Result<T, StoreFault> {
    let sql = format!("SELECT {COLUMNS} FROM credential {end}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query_map(parameters, row::read)?;
    Ok(take(&mut rows)?)
}

fn many(connection: &Connection, end: &str, parameters: impl Params) -> Result<Vec<Row>, StoreFault> {
    each(connection, end, parameters, |rows| rows.collect())
}

/// At most `limit` of them, for who works through all that is due: damaged rows must not hold up the others, nor be counted.
pub(super) fn readable(
    connection: &Connection,
    end: &str,
    parameters: impl Params,
    limit: usize,
    damage: &Damage,
) -> Result<Vec<Credential>, StoreFault> {
    let whole = |row: rusqlite::Result<Row>| match row {
        Ok(Err(fault)) => {
            damage.pass_over(fault.id, &fault);
            None
        }
        Ok(Ok(credential)) => Some(Ok(credential)),
        Err(fault) => Some(Err(fault)),
    };
    each(connection, end, parameters, |rows| rows.filter_map(whole).take(limit).collect())
}

pub(super) fn find(
    connection: &Connection,
    owner: &Owner,
    provider: Provider,
    account: Option<&Account>,
) -> Result<Option<Found>, StoreFault> {
    let (owner, provider) = (owner.as_str(), provider.as_str());
    if let Some(account) = account {
        let end = "WHERE owner = ?1 AND provider = ?2 AND account = ?3";
        let credential = one(connection, end, params![owner, provider, account.as_str()])?;
        return Ok(credential.map(|credential| Found { credential: Arc::new(credential), only: false }));
    }
    // An owner may have many, and two rows are wanted whole.
    let end = "WHERE id IN (SELECT id FROM credential \
         WHERE owner = ?1 AND provider = ?2 ORDER BY stored_order DESC LIMIT 2) ORDER BY stored_order DESC";
    let mut latest = many(connection, end, params![owner, provider])?.into_iter();
    let Some(credential) = latest.next().transpose()? else { return Ok(None) };
    Ok(Some(Found { credential: Arc::new(credential), only: latest.next().is_none() }))
}

pub(super) fn get(connection: &Connection, owner: &Owner, id: CredentialId) -> Result<Option<Credential>, StoreFault> {
    one(connection, "WHERE id = ?1 AND owner = ?2", params![id, owner.as_str()])
}

pub(super) fn list(connection: &Connection, listing: Listing<'_>) -> Result<Vec<Row>, StoreFault> {
    let end = "WHERE owner = ?1 AND id > ?2 AND (?3 IS NULL OR provider = ?3) ORDER BY id LIMIT ?4";
    let limit = i64::try_from(listing.limit).unwrap_or(i64::MAX);
    many(
        connection,
        end,
        params![listing.owner.as_str(), listing.after, listing.provider.as_ref().map(Provider::as_str), limit],
    )
}

pub(super) fn scan(connection: &Connection, after: CredentialId, limit: usize) -> Result<Vec<Row>, StoreFault> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    many(connection, "WHERE id > ?1 ORDER BY id LIMIT ?2", params![after, limit])
}

pub(super) fn insert(connection: &Connection, new: NewCredential, order: i64) -> Result<Credential, StoreFault> {
    let credential = Credential {
        id: 0,
        uid: new.uid,
        revision: 1,
        owner: new.owner,
        provider: new.provider,
        server: new.server,
        account: new.account,
        subject: new.subject,
        grant: new.grant,
        evidence: new.evidence,
        created_at: new.created_at,
        check_at: new.check_at,
        renewal: Renewal { at: new.renew_at, ..Renewal::default() },
        told: Told::default(),
    };
    let fixed: &[Column<'_>] = &[
        ("uid", &credential.uid.0),
        ("owner", &credential.owner.as_str()),
        ("provider", &credential.provider.as_str()),
        ("account", &credential.account.as_str()),
        ("created_at", &credential.created_at.unix()),
        ("stored_order", &order),
    ];
    write(connection, &INSERT, &credential, fixed)?;
    Ok(Credential { id: connection.last_insert_rowid(), ..credential })
}

/// Writes what is known about a credential: with [`Order::Kept`] its name too, with [`Order::Latest`] its new place among the
/// owner's. Expects the revision the credential was read with. What cannot change is not named: SQLite writes every index anew
/// that has a named column, and each is one more page in the commit.
pub(super) fn update(
    connection: &Connection,
    mut credential: Credential,
    order: Order,
) -> Result<Credential, StoreFault> {
    let expected = credential.revision;
    credential.revision += 1;
    let (id, account) = (credential.id, credential.account.as_str());
    let (statement, last): (_, Column<'_>) = match &order {
        Order::Kept => (&UPDATE, ("account", &account)),
        Order::Latest(place) => (&REPLACE, ("stored_order", place)),
    };
    match write(connection, statement, &credential, &[last, ("id", &id), ("revision", &expected)])? {
        0 => Err(StoreFault::Stale),
        _ => Ok(credential),
    }
}

/// The account's name as it stands in the row, which an update may be about to change.
pub(super) fn account_of(connection: &Connection, id: CredentialId) -> Result<Option<String>, StoreFault> {
    let sql = "SELECT account FROM credential WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?)
}

type Column<'a> = (&'static str, &'a dyn rusqlite::ToSql);

/// The text of a statement, made of the names of its columns when it is first run. Values go by their place: by their name SQLite
/// would look through all names for each.
struct Statement {
    text: OnceLock<String>,
    of: fn(&[&str]) -> String,
}

static INSERT: Statement = Statement {
    text: OnceLock::new(),
    of: |columns| {
        let places = vec!["?"; columns.len()].join(", ");
        format!("INSERT INTO credential ({}) VALUES ({places})", columns.join(", "))
    },
};

/// The last two columns say which row, and at which revision.
static UPDATE: Statement = Statement {
    text: OnceLock::new(),
    of: |columns| {
        let (written, of) = columns.split_at(columns.len() - 2);
        format!("UPDATE credential SET {} = ? WHERE {} = ?", written.join(" = ?, "), of.join(" = ? AND "))
    },
};

static REPLACE: Statement = Statement {
    text: OnceLock::new(),
    of: |columns| (UPDATE.of)(columns).replace("stored_order = ?", "stored_order = max(?, stored_order + 1)"),
};

/// Writes what is known, then `further` columns.
fn write(
    connection: &Connection,
    statement: &Statement,
    credential: &Credential,
    further: &[Column<'_>],
) -> Result<usize, StoreFault> {
    let flat = row::flatten(credential.subject.as_ref(), credential.grant.expiry, &credential.evidence)?;
    let trouble = credential.renewal.trouble.as_ref();
    let known: &[Column<'_>] = &[
        ("revision", &credential.revision),
        ("subject_kind", &flat.subject_kind),
        ("subject_id", &flat.subject_id),
        ("subject_text", &flat.subject_text),
        ("server", &credential.server),
        ("refresh_token", &credential.grant.refresh_token.as_ref().map(|sealed| &sealed.0)),
        ("device_id", &credential.grant.device_id.as_ref().map(|sealed| &sealed.0)),
        ("scope_asked", &credential.grant.scope.asked),
        ("scope_granted", &credential.grant.scope.granted),
        ("token_kind", &credential.grant.kind.as_str()),
        ("access_token", &credential.grant.access_token.0),
        ("generation", &credential.grant.generation),
        ("expires_at", &flat.expires_at),
        ("expiry_source", &flat.expiry_source),
        ("captured_at", &credential.evidence.captured_at.unix()),
        ("clear_outcome", &flat.clear.map(|reading| reading.outcome.as_str())),
        ("clear_cause", &flat.clear.map(|reading| &*reading.cause)),
        ("clear_asked", &flat.clear.map(|reading| &*reading.asked)),
        ("clear_since", &flat.clear.map(|reading| reading.since.unix())),
        ("clear_at", &flat.clear.map(|reading| reading.at.unix())),
        ("unclear_cause", &flat.unclear.map(|reading| &*reading.cause)),
        ("unclear_asked", &flat.unclear.map(|reading| &*reading.asked)),
        ("unclear_since", &flat.unclear.map(|reading| reading.since.unix())),
        ("unclear_at", &flat.unclear.map(|reading| reading.at.unix())),
        ("check_at", &credential.check_at.map(Timestamp::unix)),
        ("renew_at", &credential.renewal.at.map(Timestamp::unix)),
        ("renew_failures", &credential.renewal.failures),
        ("renew_misconfigured", &credential.renewal.is_misconfigured),
        ("leased_until", &credential.renewal.leased_until.map(Timestamp::unix)),
        ("trouble", &trouble.map(|trouble| trouble.kind.as_str())),
        ("trouble_cause", &trouble.map(|trouble| &*trouble.cause)),
        ("trouble_since", &trouble.map(|trouble| trouble.since.unix())),
        ("told_generation", &credential.told.generation),
        ("told_stage", &credential.told.stage.as_str()),
        ("told_at", &credential.told.at.map(Timestamp::unix)),
        ("notice_at", &credential.notice_at().map(Timestamp::unix)),
    ];
    let columns = || known.iter().chain(further);
    let text = statement.text.get_or_init(|| (statement.of)(&columns().map(|(name, _)| *name).collect::<Vec<_>>()));
    Ok(connection.prepare_cached(text)?.execute(params_from_iter(columns().map(|(_, value)| *value)))?)
}

pub(super) fn remove(connection: &Connection, credential: &Credential) -> Result<(), StoreFault> {
    let sql = "DELETE FROM credential WHERE id = ?1 AND revision = ?2";
    match connection.prepare_cached(sql)?.execute(params![credential.id, credential.revision])? {
        0 => Err(StoreFault::Stale),
        _ => Ok(()),
    }
}

/// Removes the owner's credential of that id, whatever it reads as.
pub(super) fn delete(connection: &Connection, owner: &Owner, id: CredentialId) -> Result<Option<Row>, StoreFault> {
    let parameters = params![id, owner.as_str()];
    let removed = many(connection, "WHERE id = ?1 AND owner = ?2", parameters)?.pop();
    if removed.is_some() {
        connection.prepare_cached("DELETE FROM credential WHERE id = ?1 AND owner = ?2")?.execute(parameters)?;
    }
    Ok(removed)
}

pub(super) fn count(connection: &Connection) -> Result<u64, StoreFault> {
    let count: i64 = connection.query_row("SELECT count(*) FROM credential", [], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// From an index alone. A row whose provider does not read is counted at none.
pub(super) fn count_by_provider(connection: &Connection) -> Result<Vec<(Provider, u64)>, StoreFault> {
    // Each owner apart: in the order of an index nothing needs to be sorted.
    let sql = "SELECT provider, count(*) FROM credential GROUP BY owner, provider";
    let mut statement = connection.prepare_cached(sql)?;
    let provider = |name: ValueRef<'_>| name.as_str().ok().and_then(Provider::from_name);
    let rows = statement.query_map([], |row| Ok((provider(row.get_ref(0)?), row.get::<_, i64>(1)?)))?;
    let mut counted = BTreeMap::new();
    for row in rows {
        let (Some(provider), count) = row? else { continue };
        *counted.entry(provider).or_insert(0) += u64::try_from(count).unwrap_or(0);
    }
    Ok(counted.into_iter().collect())
}

pub(super) fn add_key(connection: &Connection, key: &ApiKey) -> Result<(), StoreFault> {
    let sql = "INSERT INTO api_key (id, owner, permissions, providers, issued_at, expires_at, revoked_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        key.id,
        key.owner.as_str(),
        key.permissions,
        key.providers,
        key.issued_at.unix(),
        key.expires_at.unix(),
        key.revoked_at.map(Timestamp::unix),
    ])?;
    Ok(())
}

pub(super) fn keys(connection: &Connection) -> Result<Vec<KeyRow>, StoreFault> {
    let sql = "SELECT id, owner, permissions, providers, issued_at, expires_at, revoked_at FROM api_key \
         ORDER BY issued_at, rowid";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok(read_key(row)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read_key(row: &rusqlite::Row<'_>) -> KeyRow {
    let damaged = |column| {
        let id = row.get_ref("id").ok().and_then(|id| id.as_bytes().ok()).unwrap_or_default();
        DamagedKey { id: String::from_utf8_lossy(id).into_owned(), column }
    };
    macro_rules! get {
        ($column:literal) => {
            row.get($column).map_err(|_| damaged($column))?
        };
    }
    let owner: String = get!("owner");
    let revoked_at: Option<i64> = get!("revoked_at");
    Ok(ApiKey {
        id: get!("id"),
        owner: Owner::new(&owner).map_err(|_| damaged("owner"))?,
        permissions: get!("permissions"),
        providers: get!("providers"),
        issued_at: Timestamp::from_unix(get!("issued_at")),
        expires_at: Timestamp::from_unix(get!("expires_at")),
        revoked_at: revoked_at.map(Timestamp::from_unix),
    })
}

pub(super) fn revoke_key(connection: &Connection, id: &str, now: Timestamp) -> Result<bool, StoreFault> {
    let sql = "UPDATE api_key SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.execute(params![id, now.unix()])? > 0)
}

pub(super) fn data_keys(connection: &Connection) -> Result<Vec<(u32, Vec<u8>)>, StoreFault> {
    let mut statement = connection.prepare("SELECT id, wrapped FROM data_key ORDER BY id")?;
    let keys = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

pub(super) fn add_first_data_key(
    connection: &Connection,
    id: u32,
    wrapped: &[u8],
    now: Timestamp,
) -> Result<(), StoreFault> {
    let sql =
        "INSERT INTO data_key (id, wrapped, created_at) SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM data_key)";
    connection.execute(sql, params![id, wrapped, now.unix()])?;
    Ok(())
}

/// Writes a page without changing what it says.
pub(super) fn touch(connection: &Connection) -> Result<(), StoreFault> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    connection.pragma_update(None, "user_version", version)?;
    Ok(())
}

pub(super) fn integrity(connection: &Connection) -> Result<Vec<String>, StoreFault> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    let lines: Vec<String> = lines.collect::<Result<_, _>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}
