//! Owns the statements about authorizations and registrations. Each changes everything or nothing, and says whether it did.

use grantkeep_core::{
    Account, Authorization, AuthorizationId, CredentialId, Digest, Flow, NewAuthorization, Owner, Progress, Provider,
    Sealed, Timestamp, Uid,
};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use crate::{Registration, StoreFault};

const COLUMNS: &str = "id, uid, owner, provider, server, account, flow, state, ticket, binding, redirect_uri, frozen, secrets, \
     progress, cause, credential_id, created_at, expires_at";

/// Attempts that one owner may have under way: a bound on what a loop in a script can pile up.
pub(super) const MOST_PENDING: i64 = 100;

pub(super) fn add(connection: &Connection, new: &NewAuthorization) -> Result<(), StoreFault> {
    let pending = "SELECT count(*) FROM authorization \
         WHERE owner = ?1 AND progress IN ('claimed', 'pending') AND expires_at > ?2";
    let parameters = params![new.owner.as_str(), new.created_at.unix()];
    let pending: i64 = connection.prepare_cached(pending)?.query_row(parameters, |row| row.get(0))?;
    if pending >= MOST_PENDING {
        return Err(StoreFault::TooMany);
    }
    let sql = "INSERT INTO authorization (id, uid, owner, provider, server, account, flow, state, ticket, redirect_uri, \
         frozen, secrets, progress, created_at, expires_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'pending', ?13, ?14)";
    connection.prepare_cached(sql)?.execute(params![
        new.id.as_str(),
        new.uid.0,
        new.owner.as_str(),
        new.provider.as_str(),
        new.server,
        new.account.as_ref().map(Account::as_str),
        new.flow.as_str(),
        new.state.map(|digest| digest.0),
        new.ticket.map(|digest| digest.0),
        new.redirect_uri,
        new.frozen,
        new.secrets.0,
        new.created_at.unix(),
        new.expires_at.unix(),
    ])?;
    Ok(())
}

fn one(connection: &Connection, end: &str, value: impl ToSql) -> Result<Option<Authorization>, StoreFault> {
    let sql = format!("SELECT {COLUMNS} FROM authorization WHERE {end}");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row([value], |row| Ok(read(row))).optional()?.transpose()
}

pub(super) fn by_id(connection: &Connection, id: &AuthorizationId) -> Result<Option<Authorization>, StoreFault> {
    one(connection, "id = ?1", id.as_str())
}

pub(super) fn by_state(connection: &Connection, state: Digest) -> Result<Option<Authorization>, StoreFault> {
    one(connection, "state = ?1", state.0)
}

pub(super) fn by_ticket(connection: &Connection, ticket: Digest) -> Result<Option<Authorization>, StoreFault> {
    one(connection, "ticket = ?1", ticket.0)
}

/// Spends the ticket: the first browser that comes gets the authorization, no other ever does.
pub(super) fn bind(
    connection: &Connection,
    id: &AuthorizationId,
    binding: Digest,
    now: Timestamp,
) -> Result<bool, StoreFault> {
    let sql = "UPDATE authorization SET binding = ?2 \
         WHERE id = ?1 AND binding IS NULL AND progress = 'pending' AND expires_at > ?3";
    Ok(connection.prepare_cached(sql)?.execute(params![id.as_str(), binding.0, now.unix()])? > 0)
}

pub(super) fn claim(connection: &Connection, id: &AuthorizationId, now: Timestamp) -> Result<bool, StoreFault> {
    let sql =
        "UPDATE authorization SET progress = 'claimed' WHERE id = ?1 AND progress = 'pending' AND expires_at > ?2";
    Ok(connection.prepare_cached(sql)?.execute(params![id.as_str(), now.unix()])? > 0)
}

pub(super) fn conclude(
    connection: &Connection,
    id: &AuthorizationId,
    progress: Progress,
    cause: Option<&str>,
    credential: Option<CredentialId>,
) -> Result<bool, StoreFault> {
    let sql = "UPDATE authorization SET progress = ?2, cause = ?3, credential_id = ?4, secrets = NULL \
         WHERE id = ?1 AND progress IN ('claimed', 'pending')";
    let parameters = params![id.as_str(), progress.as_str(), cause, credential];
    Ok(connection.prepare_cached(sql)?.execute(parameters)? > 0)
}

/// Ends what nobody came back for, and forgets what ended before `forget_before`.
pub(super) fn sweep(connection: &Connection, now: Timestamp, forget_before: Timestamp) -> Result<usize, StoreFault> {
    let ended =
        "UPDATE authorization SET progress = 'expired', secrets = NULL WHERE progress = 'pending' AND expires_at <= ?1";
    let ended = connection.prepare_cached(ended)?.execute([now.unix()])?;
    connection.prepare_cached("DELETE FROM authorization WHERE expires_at <= ?1")?.execute([forget_before.unix()])?;
    Ok(ended)
}

/// What was being exchanged when the program ended: its answer is lost, and a code is never sent twice.
pub(super) fn give_up_claimed(connection: &Connection, cause: &str) -> Result<usize, StoreFault> {
    let sql = "UPDATE authorization SET progress = 'failed', cause = ?1, secrets = NULL WHERE progress = 'claimed'";
    Ok(connection.prepare_cached(sql)?.execute([cause])?)
}

fn read(row: &Row<'_>) -> Result<Authorization, StoreFault> {
    // Its id is text and is told to whoever asked; the table and the column are enough to find a damaged row.
    let damaged = |column| StoreFault::Corrupt { table: "authorization", id: 0, column };
    macro_rules! get {
        ($type:ty, $column:literal) => {
            row.get::<_, $type>($column).map_err(|_| damaged($column))
        };
    }
    let digest = |bytes: Option<[u8; 32]>| bytes.map(Digest);
    let account = get!(Option<String>, "account")?.map(|name| Account::new(&name)).transpose();
    let begun = NewAuthorization {
        id: AuthorizationId::new(&get!(String, "id")?).ok_or(damaged("id"))?,
        uid: Uid(get!([u8; 16], "uid")?),
        owner: Owner::new(&get!(String, "owner")?).map_err(|_| damaged("owner"))?,
        provider: Provider::from_name(&get!(String, "provider")?).ok_or(damaged("provider"))?,
        server: get!(Option<Box<str>>, "server")?,
        account: account.map_err(|_| damaged("account"))?,
        flow: Flow::from_name(&get!(String, "flow")?).ok_or(damaged("flow"))?,
        state: digest(get!(Option<[u8; 32]>, "state")?),
        ticket: digest(get!(Option<[u8; 32]>, "ticket")?),
        redirect_uri: get!(Option<Box<str>>, "redirect_uri")?,
        frozen: get!(Box<str>, "frozen")?,
        secrets: Sealed(get!(Option<Vec<u8>>, "secrets")?.unwrap_or_default().into()),
        created_at: Timestamp::from_unix(get!(i64, "created_at")?),
        expires_at: Timestamp::from_unix(get!(i64, "expires_at")?),
    };
    Ok(Authorization {
        begun,
        binding: digest(get!(Option<[u8; 32]>, "binding")?),
        progress: Progress::from_name(&get!(String, "progress")?).ok_or(damaged("progress"))?,
        cause: get!(Option<Box<str>>, "cause")?,
        credential: get!(Option<i64>, "credential_id")?,
    })
}

pub(super) fn registration(
    connection: &Connection,
    server: &str,
    redirect_uri: &str,
    scopes: &str,
) -> Result<Option<Registration>, StoreFault> {
    let sql = "SELECT uid, client_id, client_secret, registered_at FROM registration \
         WHERE server = ?1 AND redirect_uri = ?2 AND scopes = ?3";
    let found = connection.prepare_cached(sql)?.query_row(params![server, redirect_uri, scopes], |row| {
        Ok(Registration {
            server: server.into(),
            redirect_uri: redirect_uri.into(),
            scopes: scopes.into(),
            uid: Uid(row.get(0)?),
            client_id: row.get(1)?,
            client_secret: Sealed(row.get::<_, Vec<u8>>(2)?.into()),
            registered_at: Timestamp::from_unix(row.get(3)?),
        })
    });
    Ok(found.optional()?)
}

/// Remembers a registration in the place of an older one of the same key.
pub(super) fn register(connection: &Connection, new: &Registration) -> Result<(), StoreFault> {
    let sql = "INSERT OR REPLACE INTO registration \
         (server, redirect_uri, scopes, uid, client_id, client_secret, registered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        new.server,
        new.redirect_uri,
        new.scopes,
        new.uid.0,
        new.client_id,
        new.client_secret.0,
        new.registered_at.unix(),
    ])?;
    Ok(())
}

/// Forgets a registration that the server no longer knows; one that has been renewed meanwhile stays.
pub(super) fn unregister(connection: &Connection, gone: &Registration) -> Result<bool, StoreFault> {
    let sql = "DELETE FROM registration WHERE server = ?1 AND redirect_uri = ?2 AND scopes = ?3 AND client_id = ?4";
    let parameters = params![gone.server, gone.redirect_uri, gone.scopes, gone.client_id];
    Ok(connection.prepare_cached(sql)?.execute(parameters)? > 0)
}
