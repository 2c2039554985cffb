//! When a fault holds, for whom, and how often.

use super::*;
use crate::vk::behaviour::Behaviour;

const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const AWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));

fn fault(answer: &str) -> Fault<Behaviour> {
    Fault {
        endpoint: None,
        answer: Behaviour::parse(answer).unwrap(),
        times: None,
        after: 0,
        begins_at: None,
        address: None,
        other_than: None,
    }
}

fn asked(faults: &mut Faults<Behaviour>, method: &str, caller: IpAddr, now: Instant) -> String {
    let answers = faults.answers(method, caller, now);
    answers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_rule_passes_the_first_calls_and_then_answers_so_many() {
    let now = crate::clock::now().steady;
    let mut faults = Faults::<Behaviour>::default();
    faults.set(Fault { after: 2, times: Some(1), ..fault("http:502") }).unwrap();
    let seen = [(); 4].map(|()| asked(&mut faults, "users.get", HOME, now));
    assert_eq!(seen, ["", "", "http:502", ""]);
    assert!(faults.list(now).is_empty());
}

#[test]
fn a_rule_is_about_its_method_and_callers() {
    let now = crate::clock::now().steady;
    let mut faults = Faults::<Behaviour>::default();
    faults.set(Fault { endpoint: Some("users.get"), ..fault("empty") }).unwrap();
    faults.set(Fault { other_than: Some(HOME), ..fault("error:5:ip") }).unwrap();
    faults.set(Fault { address: Some(HOME), ..fault("hang") }).unwrap();
    for (method, caller, expected) in [
        ("users.get", HOME, "empty"),
        ("users.get", AWAY, "empty"),
        ("groups.getById", AWAY, "error:5/1130"),
        ("groups.getById", HOME, "hang"),
    ] {
        assert_eq!(asked(&mut faults, method, caller, now), expected);
    }
}

#[test]
fn a_rule_can_begin_later() {
    let now = crate::clock::now().steady;
    let minute = Duration::from_secs(60);
    let mut faults = Faults::<Behaviour>::default();
    faults.set(Fault { begins_at: Some(now + minute), ..fault("error:5:ip") }).unwrap();
    assert_eq!(asked(&mut faults, "users.get", HOME, now), "");
    assert_eq!(faults.list(now + Duration::from_millis(500))[0].after_seconds, 60);
    assert_eq!(asked(&mut faults, "users.get", HOME, now + minute), "error:5/1130");
}

#[test]
fn modifiers_are_collected_up_to_the_first_answer() {
    let now = crate::clock::now().steady;
    let mut faults = Faults::<Behaviour>::default();
    for answer in ["slow:2", "ancient", "error:10", "html"] {
        faults.set(fault(answer)).unwrap();
    }
    assert_eq!(asked(&mut faults, "users.get", HOME, now), "slow:2 ancient error:10");
    faults.clear();
    assert_eq!(asked(&mut faults, "users.get", HOME, now), "");
}

#[test]
fn there_is_an_end_to_how_many_rules_are_kept() {
    let mut faults = Faults::<Behaviour>::default();
    for _ in 0..MOST {
        assert!(faults.set(fault("empty")).is_some());
    }
    assert_eq!(faults.set(fault("empty")), None);
}
