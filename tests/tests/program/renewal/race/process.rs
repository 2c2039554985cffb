//! Processes without a server on one directory: each wants every token at the same moment, with many requests out, and each due
//! token is renewed by one request, whoever of them sends it.

use super::*;

const PROCESSES: usize = 5;

/// Tokens and rounds, unless somebody wants more.
const USUAL: (usize, usize) = (50, 2);

fn size() -> (usize, usize) {
    let read = |text: String| {
        let (tokens, rounds) = text.split_once('x').expect("such as 200x20");
        (tokens.parse().unwrap(), rounds.parse().unwrap())
    };
    wanted("GRANTKEEP_TEST_RACE").map_or(USUAL, read)
}

#[test]
fn five_processes_send_one_request_for_each_due_token() {
    let (tokens, rounds) = size();
    let begun = Instant::now();
    let mut renewing = Renewing::new(tokens);
    renewing.stage.end();
    println!("{tokens} logins, {:?}", begun.elapsed());
    let mut contenders: Vec<_> = (0..PROCESSES).map(|_| renewing.contender()).collect();
    learn(&renewing, &mut contenders);
    let mut seen = HashSet::new();
    for round in 1..=rounds {
        renewing.age(ALMOST_OVER);
        if round.is_multiple_of(2) {
            // Then the requests of a second are out at once.
            renewing.token_endpoint("slow:1");
        }
        let begun = Instant::now();
        for (number, contender) in contenders.iter_mut().enumerate() {
            want(contender, number, round, &renewing.owners);
        }
        let got: Vec<_> = contenders.iter().flat_map(|contender| all_of(contender.got())).collect();
        println!("round {round}: {PROCESSES} processes, {tokens} due tokens, {:?}", begun.elapsed());
        assert_eq!(got.len(), PROCESSES * tokens);
        renewing.site().mend();
        // Whoever comes late finds them renewed.
        contenders[round % PROCESSES].want(600, 60, &renewing.owners);
        let late = all_of(contenders[round % PROCESSES].got());
        once_each(&renewing, got.into_iter().chain(late).collect(), &mut seen);
        let generation = i64::try_from(round).unwrap() + 2;
        assert!(renewing.generations().iter().all(|found| *found == generation), "round {round}");
        assert_eq!((renewing.leased(), renewing.spooled()), (0, 0), "round {round}");
    }
    println!("{rounds} rounds, {} tokens, {:?}", seen.len(), begun.elapsed());
}

/// Each renews a few by itself: from then on it knows where the token endpoint is.
fn learn(renewing: &Renewing, contenders: &mut [Contender]) {
    renewing.age(ALMOST_OVER);
    for (number, contender) in contenders.iter_mut().enumerate() {
        contender.want(600, 60, renewing.owners.iter().skip(number).step_by(PROCESSES));
        all_of(contender.got());
    }
    assert_eq!(renewing.site().refreshes().len(), renewing.owners.len());
    renewing.site().forget_requests();
}

/// All in one order, or every second one from the other end.
fn want(contender: &mut Contender, number: usize, round: usize, owners: &[String]) {
    if round.is_multiple_of(3) && !number.is_multiple_of(2) {
        contender.want(600, 60, owners.iter().rev());
    } else {
        contender.want(600, 60, owners);
    }
}
