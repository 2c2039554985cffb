//! Those who come late: between what one process has read and what it does, another one has done something. What it knew then is
//! not what it may act on.

use super::*;

/// How the renewal of an owner's only token stands.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    generation: i64,
    is_leased: bool,
    trouble: Option<String>,
}

impl Renewing {
    #[track_caller]
    fn standing(&self) -> Standing {
        let sql = "SELECT generation, leased_until IS NOT NULL, trouble FROM credential WHERE owner = ?1";
        let read = |row: &rusqlite::Row| {
            Ok(Standing { generation: row.get(0)?, is_leased: row.get(1)?, trouble: row.get(2)? })
        };
        self.database().query_row(sql, [&self.owners[0]], read).unwrap()
    }

    fn fault_once(&self, answer: &str, after: u32) {
        self.site().fault(&json!({"answer": answer, "endpoint": "token", "times": 1, "after": after}));
    }

    /// Lets the provider take its time to say where its token endpoint is; somebody has asked then.
    fn ask_slowly(&self, contender: &mut Contender) {
        self.site().fault(&json!({"answer": "slow:3", "endpoint": "metadata"}));
        want(contender, self);
        until("it is asked where it is", SOON, || (!self.site().requests("metadata").is_empty()).then_some(()));
        // All of them, by then.
        thread::sleep(Duration::from_millis(300));
    }
}

fn want(contender: &mut Contender, renewing: &Renewing) {
    contender.want(600, 30, &renewing.owners);
}

/// The first one has sent, and has not been answered when its lease ends; the second one has looked at that, and may risk the token.
#[track_caller]
fn overtake(renewing: &Renewing, [first, second]: [&mut Contender; 2]) {
    want(first, renewing);
    renewing.until_sent(1);
    renewing.end_everything();
    want(second, renewing);
    second.got();
    assert_eq!(renewing.site().refreshes().len(), 1, "risked at once");
    thread::sleep(RISKED_AFTER);
}

/// The only token is alive, everybody gets the same, and it can be renewed again.
#[track_caller]
fn lives_on(renewing: &Renewing, contenders: &mut [Contender; 2]) {
    for round in 0..2 {
        let got = contenders.each_mut().map(|contender| {
            want(contender, renewing);
            all_of(contender.got()).remove(0).1
        });
        assert_eq!(got[0], got[1], "round {round}");
        assert!(renewing.site().knows(&got[0]), "round {round}");
        renewing.age(ALMOST_OVER);
    }
}

/// The second one has looked at the token, and asks where the provider is; the first one sends, and the answer is lost.
#[test]
fn whoever_looked_before_an_answer_was_lost_does_not_send_again() {
    let (renewing, [mut first, mut second]) = Renewing::with_contenders(1);
    renewing.ask_slowly(&mut second);
    renewing.token_endpoint("lost");
    want(&mut first, &renewing);
    first.got();
    assert_eq!(renewing.site().refreshes().len(), 1);
    renewing.site().mend();
    second.got();
    assert_eq!(renewing.site().refreshes().len(), 1, "the refresh token was sent again");
    assert_eq!(renewing.standing(), Standing { generation: 2, is_leased: false, trouble: Some("lost".into()) });
}

/// The same, and the first one dies over it.
#[test]
fn whoever_looked_before_somebody_died_over_it_does_not_send_again() {
    let (renewing, [mut first, mut second]) = Renewing::with_contenders(5);
    renewing.ask_slowly(&mut second);
    renewing.token_endpoint("slow:30");
    want(&mut first, &renewing);
    renewing.until_sent(5);
    drop(first);
    renewing.let_leases_end();
    renewing.site().mend();
    second.got();
    let sent = renewing.site().refreshes();
    are_different(&sent);
    assert_eq!(sent.len(), 5);
}

/// The one whose lease is over hears that its refresh token is worth nothing, because the other one, who has the lease now, has
/// been given the next and not stored it yet.
#[test]
fn a_refusal_says_nothing_while_somebody_else_is_at_it() {
    let (renewing, [mut first, mut second]) = Renewing::with_contenders(1);
    // The answer to one request.
    renewing.fault_once("slow:12", 0);
    renewing.fault_once("error:invalid_grant", 0);
    overtake(&renewing, [&mut first, &mut second]);
    renewing.fault_once("slow:22", 0);
    want(&mut second, &renewing);
    renewing.until_sent(2);
    first.got();
    assert_eq!(renewing.standing(), Standing { generation: 2, is_leased: true, trouble: Some("lost".into()) });
    let renewed = all_of(second.got()).remove(0).1;
    assert!(renewing.site().knows(&renewed));
    assert_eq!(renewing.standing(), Standing { generation: 3, is_leased: false, trouble: None });
    lives_on(&renewing, &mut [first, second]);
}

/// The one whose lease is over has been given the next token and not stored it yet; the other one, who has the lease now, hears that
/// the old one is worth nothing.
#[test]
fn what_comes_late_is_stored_although_somebody_else_was_refused() {
    let (renewing, [mut first, mut second]) = Renewing::with_contenders(1);
    renewing.fault_once("slow:16", 0);
    renewing.fault_once("error:invalid_grant", 1);
    overtake(&renewing, [&mut first, &mut second]);
    want(&mut second, &renewing);
    second.got();
    assert_eq!(renewing.standing(), Standing { generation: 2, is_leased: false, trouble: Some("refused".into()) });
    let renewed = all_of(first.got()).remove(0).1;
    assert!(renewing.site().knows(&renewed));
    until("it is stored", SOON, || (renewing.standing().generation == 3).then_some(()));
    assert_eq!(renewing.standing(), Standing { generation: 3, is_leased: false, trouble: None });
    lives_on(&renewing, &mut [first, second]);
}
