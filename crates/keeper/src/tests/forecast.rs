//! The forecast: whom a person is needed for, soonest first; and the census of all.

use super::*;

#[tokio::test]
async fn the_forecast_goes_page_by_page_soonest_first() {
    let stage = Stage::new().await;
    for (id, expires_in) in [(1, 7200), (2, 3600), (3, 0), (4, 86_400), (5, 3600)] {
        let token = stage.token(json!({"kind": "user", "id": id})).await;
        let text = format!("https://oauth.vk.com/blank.html#access_token={token}&expires_in={expires_in}&user_id={id}");
        stage.submit(&text, None).await.unwrap();
    }
    let all = |_| true;
    let (mut after, mut told) = (None, Vec::new());
    loop {
        let (page, _) = stage.keeper.forecast(&stage.owner, after, 2, &all).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        after = Some((last.at, last.credential));
        told.extend(page.into_iter().map(|it| (it.account.to_string(), it.at.since(NOW).seconds(), it.why)));
    }
    let expected = [("vk_2", 3600), ("vk_5", 3600), ("vk_1", 7200), ("vk_4", 86_400)];
    assert_eq!(told, expected.map(|(name, seconds)| (name.to_owned(), seconds, "ends")));
    assert!(stage.keeper.forecast(&Owner::new("you").unwrap(), None, 10, &all).await.unwrap().0.is_empty());
    assert!(stage.keeper.forecast(&stage.owner, None, 10, &|_| false).await.unwrap().0.is_empty());
}

#[tokio::test]
async fn a_census_counts_all_and_is_taken_once_a_minute() {
    let stage = Stage::new().await;
    let empty = stage.keeper.census().await.unwrap();
    assert_eq!((empty.kept.len(), empty.needed.len()), (0, 0));
    let token = stage.token(json!({"kind": "user", "id": 1})).await;
    stage.submit(&token, None).await.unwrap();
    assert_eq!(stage.keeper.census().await.unwrap(), empty, "the same for a minute");

    let other = Stage::new().await;
    for id in 1..=3 {
        let token = other.token(json!({"kind": "user", "id": id})).await;
        other.submit(&token, None).await.unwrap();
    }
    let census = other.keeper.census().await.unwrap();
    assert_eq!(census.kept, [(Provider::Vk, 3)].into());
    assert_eq!(census.states, Some([(Provider::Vk, [(State::Valid, 3)].into())].into()));
    assert_eq!(census.needed, [(Provider::Vk, NOW.after(Lifetime::from_hours(24)))].into());

    // A damaged row is counted, and is in no state.
    let damaged = Stage::new().await;
    for id in 1..=3 {
        let token = damaged.token(json!({"kind": "user", "id": id})).await;
        damaged.submit(&token, None).await.unwrap();
    }
    let outside = rusqlite::Connection::open(damaged.directory.path().join("grantkeep.db")).unwrap();
    outside.execute("UPDATE credential SET token_kind = 'vk_ghost' WHERE id = 2", []).unwrap();
    let census = damaged.keeper.census().await.unwrap();
    assert_eq!(census.kept, [(Provider::Vk, 3)].into());
    assert_eq!(census.states, Some([(Provider::Vk, [(State::Valid, 2)].into())].into()));
    let health = damaged.keeper.examine().await.unwrap();
    assert_eq!(health.damage, ["row 2 of table credential is damaged: token_kind"]);
    assert_eq!((health.credentials, health.sealed_shut), (3, vec![]));
}
