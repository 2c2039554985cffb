//! A host that is slow slows down nobody else's renewals.

use super::*;

#[tokio::test]
async fn a_slow_host_leaves_room_for_the_others() {
    let stage = Stage::renewing().await;
    let begin = Begin { flow: Some(Flow::VkId), ..wish(Provider::Vk) };
    let other = stage.log_in(begin, "auto=allow").await;
    let like = stage.renewable().await;
    pass(3500);
    // They are due before it, and are more than are renewed at once.
    let captured_at = clock().before(Lifetime::from_hours(2));
    let ended = Expiry::Stated(captured_at.after(Lifetime::from_hours(1)));
    stage.store_all((0..150).map(|number| stage.another(&like, number, captured_at, ended)).collect()).await;
    stage.token_endpoint("slow:20").await;
    let (watching, begun) = (tokio::spawn(Arc::clone(&stage.keeper).watch_renewals()), steady());
    while stage.now(&other).await.grant.generation == 1 {
        assert!(begun.elapsed() < Duration::from_secs(15));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    watching.abort();
}
