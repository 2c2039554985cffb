//! Many at once: every request is answered, one account is one credential, and whoever hangs up or is hung up on leaves no
//! half-done work.

use std::{
    collections::HashSet,
    io::{ErrorKind, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use grantkeep_tests::harness::{
    login::{Kind, LoginStage, MASTODON},
    stage::{SUBMIT, Stage},
    vk::{Token, Vk},
    wait::{at_once, until},
};
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

const MANY: usize = 64;

/// Longer than anything here takes, on whatever machine.
const SOON: Duration = Duration::from_secs(60);

fn tokens(vk: &Vk, count: usize) -> Vec<Token> {
    (0..count).map(|_| vk.token(1)).collect()
}

#[test]
fn sixty_four_submitters_of_one_account_make_one_credential() {
    let stage = Stage::new();
    let client = stage.client("me");
    let tokens = tokens(&stage.vk, MANY);
    let replies = at_once(tokens.iter().map(|token| || client.submit_as("one", &token.url).expect(200).json()));
    let ids: HashSet<_> = replies.iter().map(|reply| reply["credential_id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    let created = replies.iter().filter(|reply| reply["message"].as_str().unwrap().contains("saved")).count();
    assert_eq!(created, 1, "only one of them can have been the first");
    let handed = client.hand_out("one").expect(200).json()["access_token"].clone();
    assert!(tokens.iter().any(|token| token.access_token == handed));
    assert_eq!(client.list().len(), 1);
    // Every one of them was a generation of its own: none was lost under another.
    assert!(stage.server.stop().success());
    let database =
        Connection::open_with_flags(stage.home.file("grantkeep.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let generation: i64 = database.query_row("SELECT generation FROM credential", [], |row| row.get(0)).unwrap();
    assert_eq!(usize::try_from(generation).unwrap(), MANY);
}

#[test]
fn sixty_four_accounts_keep_their_own_tokens_and_ids() {
    let stage = Stage::new();
    let client = stage.client("me");
    let round = |tokens: &[Token]| {
        let submit = |(number, token): (usize, &Token)| {
            let (client, account, url) = (client.clone(), format!("a{number}"), token.url.clone());
            move || client.submit_as(&account, &url).expect(200).json()["credential_id"].as_u64().unwrap()
        };
        at_once(tokens.iter().enumerate().map(submit))
    };
    let ids = round(&tokens(&stage.vk, MANY));
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), MANY);
    let again = tokens(&stage.vk, MANY);
    assert_eq!(round(&again), ids, "an account keeps its id");
    let right = at_once(again.iter().enumerate().map(|(number, token)| {
        let client = &client;
        move || client.hand_out(&format!("a{number}")).expect(200).json()["access_token"] == token.access_token
    }));
    assert!(right.iter().all(|right| *right));
    assert_eq!(client.list().len(), MANY);
}

/// VK has been asked by all of them; now they are gone. What was begun is finished.
#[test]
fn a_client_that_hangs_up_stops_nothing_half_way() {
    let mut stage = Stage::new();
    stage.vk.fault(&json!({"answer": "slow:1"}));
    let client = stage.client("me");
    let tokens = tokens(&stage.vk, 16);
    let connections: Vec<TcpStream> = (tokens.iter().enumerate())
        .map(|(number, token)| {
            let body = json!({"token_data": token.url, "account_name": format!("a{number}")}).to_string();
            let mut stream = TcpStream::connect(stage.server.address).unwrap();
            stream.write_all(client.request("POST", SUBMIT, Some(&body)).as_bytes()).unwrap();
            stream
        })
        .collect();
    let asked = |vk: &Vk| vk.asked()["methods"]["users.get"].as_u64().unwrap_or(0);
    until("VK has been asked", SOON, || (asked(&stage.vk) == 16).then_some(()));
    drop(connections);
    until("all of it is stored", SOON, || (client.list().len() == 16).then_some(()));
    for (number, token) in tokens.iter().enumerate() {
        let handed = client.hand_out(&format!("a{number}")).expect(200).json();
        assert_eq!(handed["access_token"], token.access_token);
    }
    stage.server.is_well();
}

#[test]
fn a_server_that_ends_answers_whom_it_has_begun_to_serve() {
    let mut stage = Stage::new();
    stage.vk.fault(&json!({"answer": "slow:2"}));
    let client = stage.client("me");
    let tokens = tokens(&stage.vk, 16);
    let (server, vk) = (&mut stage.server, &stage.vk);
    let replies = thread::scope(|scope| {
        let submitting: Vec<_> = (tokens.iter().enumerate())
            .map(|(number, token)| {
                let client = &client;
                scope.spawn(move || client.submit_as(&format!("a{number}"), &token.url))
            })
            .collect();
        let asked = || vk.asked()["methods"]["users.get"].as_u64().unwrap_or(0);
        until("VK has been asked", SOON, || (asked() == 16).then_some(()));
        server.ask_to_stop();
        submitting.into_iter().map(|job| job.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(replies.iter().all(|reply| reply.status == 200));
    assert!(server.ended().success());
    assert!(!stage.home.file("grantkeep.sock").exists());
    assert!(TcpStream::connect(stage.server.address).is_err());
    vk.mend();
    stage.serve_again();
    for (number, token) in tokens.iter().enumerate() {
        let handed = stage.client("me").hand_out(&format!("a{number}")).expect(200).json();
        assert_eq!(handed["access_token"], token.access_token);
    }
}

/// At full load, whenever it comes: an answer is whole and true, or there is none because the server had not taken the request.
#[test]
fn a_server_that_ends_under_load_loses_no_answer() {
    let mut stage = Stage::new();
    let client = stage.client("me");
    let (ended, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    let server = &mut stage.server;
    let kept = thread::scope(|scope| {
        let submitting: Vec<_> = (0..16)
            .map(|number| {
                let (client, vk, ended, answered) = (&client, &stage.vk, &ended, &answered);
                scope.spawn(move || {
                    let mut kept = None;
                    while !ended.load(Ordering::Relaxed) {
                        let token = vk.token(1);
                        let body = json!({"token_data": token.url, "account_name": format!("a{number}")}).to_string();
                        match client.try_call("POST", SUBMIT, Some(&body)) {
                            Ok(reply) => assert_eq!(reply.status, 200, "{}", reply.body),
                            // Never taken: nobody listens, the kernel threw away what nobody had read, or the connection
                            // was closed before the request came. That none was taken all the same, the end shows.
                            Err(error) => {
                                let refused = matches!(
                                    error.kind(),
                                    ErrorKind::BrokenPipe
                                        | ErrorKind::ConnectionRefused
                                        | ErrorKind::ConnectionReset
                                        | ErrorKind::UnexpectedEof
                                );
                                assert!(refused, "a request was taken and not answered: {error}");
                                continue;
                            }
                        }
                        answered.fetch_add(1, Ordering::Relaxed);
                        kept = Some(token);
                    }
                    (number, kept)
                })
            })
            .collect();
        until("there is load", SOON, || (answered.load(Ordering::Relaxed) > 100).then_some(()));
        server.ask_to_stop();
        assert!(server.ended().success());
        ended.store(true, Ordering::Relaxed);
        submitting.into_iter().map(|job| job.join().unwrap()).collect::<Vec<_>>()
    });
    stage.serve_again();
    for (number, token) in kept {
        let Some(token) = token else { continue };
        let handed = stage.client("me").hand_out(&format!("a{number}")).expect(200).json();
        assert_eq!(handed["access_token"], token.access_token);
    }
}

/// A browser that goes back, a proxy that tries again, a link that was shared: one of them is the login.
#[test]
fn a_hundred_identical_callbacks_make_one_exchange() {
    let stage = LoginStage::new();
    for kind in [Kind::Acme, MASTODON, Kind::VkId, Kind::VkCode] {
        let held = stage.held(kind.title().split(' ').next_back().unwrap(), kind);
        let arrive = || {
            let mut held = held.clone();
            move || held.arrive()
        };
        let replies = at_once((0..100).map(|_| arrive()));
        let of = |status: u16, error_type: &str| {
            replies.iter().filter(|reply| reply.status == status && reply.error_type() == error_type).count()
        };
        assert_eq!((of(303, ""), of(400, "state_used")), (1, 99), "{kind:?}");
        assert_eq!(stage.exchanges(kind), 1, "{kind:?}");
        assert_eq!((held.login.fate(), held.login.client.list().len()), ("done".to_owned(), 1), "{kind:?}");
        println!(
            "{:<12} 100 callbacks: {} × 303, {} × state_used, 1 exchange",
            kind.title(),
            of(303, ""),
            of(400, "state_used")
        );
    }
}
