//! Planning: a stretch at a time, each person once, whoever plans and however often it is cut off.

use volens_core::consent::Body;
use volens_core::permission::{StopReason, StopScope};
use volens_db::{params, statements};
use volens_store::campaign::CampaignState;
use volens_store::campaign::plan::Holes;
use volens_store::delivery::{DeliveryState, SLICE};
use volens_store::{MIGRATIONS, Store, StoreError};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{World, left_everything, marks};

statements! {
    /// All rows of a stream.
    ROWS: Tenant [Int, Int] => [Int, Blob]
        "SELECT ordinal, point FROM delivery WHERE ws = $1 AND stream = $2 ORDER BY ordinal";
    /// All slices of a stream.
    SLICES: Tenant [Int, Int] => [Int, Int, Int, Int, Int]
        "SELECT no, first, until, state, planned FROM slice WHERE ws = $1 AND stream = $2 ORDER BY no";
}

#[both_engines(migrations = MIGRATIONS)]
async fn holes_are_kept_with_the_cursor_until_the_campaign_is_begun_again(db: TestDb) {
    let w = World::of(db).await;
    w.readers(30).await;
    let stream = w.draft_campaign().await;
    w.store.begin_campaign(w.tenant, stream, w.now()).await.unwrap();
    let other = Store::of(w.db.another_node().await);
    for (people, example) in [(2, "For ada: no name"), (1, "For bea: no city")] {
        let stretch = w.store.plan_stretch(w.tenant, stream, 10).await.unwrap();
        let (after, upto) = (stretch.after, stretch.people.last().unwrap().point);
        let holes = Some(Holes { people, example: example.into() });
        w.store.plan(w.tenant, stream, after, upto, holes.clone(), w.now()).await.unwrap();
        // The same stretch once more, from a node that was slower: nobody is counted twice.
        other.plan(w.tenant, stream, after, upto, holes, w.now()).await.unwrap();
    }
    assert!(w.plan_stretch(stream, 10).await && !w.plan_stretch(stream, 10).await);
    let holes = async || {
        let campaign = other.campaign(w.tenant, stream).await.unwrap().unwrap();
        (campaign.holes, campaign.problem)
    };
    assert_eq!(holes().await, (3, Some("For ada: no name".into())));
    w.store.reject_campaign(w.tenant, stream, "3 people would get a hole".into()).await.unwrap();
    assert_eq!(holes().await, (0, Some("3 people would get a hole".into())));
    w.store.begin_campaign(w.tenant, stream, w.now()).await.unwrap();
    assert_eq!(holes().await, (0, None));
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_large_audience_is_planned_once_each(db: TestDb) {
    let w = World::of(db).await;
    let people = w.readers(25_000).await;
    for i in [5, 9_999, 10_000, 24_999] {
        w.record(people[i], left_everything()).await;
    }
    let objection = Body::Suppressed { scope: StopScope::All, reason: StopReason::Objection };
    w.record(people[12_345], objection).await;
    let stream = w.draft_campaign().await;
    w.store.begin_campaign(w.tenant, stream, w.now()).await.unwrap();
    assert!(w.plan_stretch(stream, 4_321).await);
    assert_eq!(w.store.unplanned().await.unwrap(), [(w.tenant, stream)]);
    w.books(stream).await;
    // The node stops here; another one goes on, and the first comes back: both plan at once.
    let other = Store::of(w.db.another_node().await);
    let mut planned = 0;
    loop {
        let size = 3_000;
        let stretches = (
            w.store.plan_stretch(w.tenant, stream, size).await.unwrap(),
            other.plan_stretch(w.tenant, stream, size).await.unwrap(),
        );
        let Some(last) = stretches.0.people.last() else { break };
        let closed = stretches.0.people.iter().filter(|p| !p.open).count();
        assert!(closed < 5 && stretches.0.planned >= planned);
        let (after, upto, now) = (stretches.0.after, last.point, w.now());
        let both = tokio::join!(
            w.store.plan(w.tenant, stream, after, upto, None, now),
            other.plan(w.tenant, stream, after, upto, None, now)
        );
        let (a, b) = (both.0.unwrap(), both.1.unwrap());
        assert_eq!(a, b, "who comes second changes nothing");
        planned = a;
        w.books(stream).await;
    }
    assert_eq!(planned, 24_995);
    let key = params![w.tenant.no.0, stream.0];
    let rows = w.db.query(&ROWS, &key).await.unwrap();
    let want: Vec<[u8; 16]> = people
        .iter()
        .enumerate()
        .filter(|(i, _)| ![5, 9_999, 10_000, 24_999, 12_345].contains(i))
        .map(|(_, p)| p.point.bytes())
        .collect();
    assert_eq!(rows.len(), want.len());
    for (i, (row, point)) in rows.iter().zip(&want).enumerate() {
        assert_eq!(row.int(0), Ok(i as i64), "no ordinal is left out");
        assert_eq!(row.get::<[u8; 16]>(1).as_ref(), Ok(point));
    }
    let slices = w.db.query(&SLICES, &key).await.unwrap();
    let slices: Vec<Vec<i64>> = slices.iter().map(|r| (0..5).map(|i| r.int(i).unwrap()).collect()).collect();
    let want: Vec<Vec<i64>> =
        [(0, 10_000), (1, 10_000), (2, 4_995)].map(|(no, n)| vec![no, no * SLICE, (no + 1) * SLICE, 1, n]).to_vec();
    assert_eq!(slices, want, "closed until the campaign starts");
    assert_eq!(w.store.left_out(w.tenant, stream).await.unwrap(), [(6, 1), (7, 4)]);
    assert!(w.store.lease_slice(1, w.now(), w.lease_end()).await.unwrap().is_none());
    w.store.start_campaign(w.tenant, stream).await.unwrap();
    assert_eq!(w.store.unplanned().await.unwrap(), []);
    assert_eq!(w.lease(1).await.no, 0);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_plan_tells_what_a_check_of_the_letter_needs(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.reader("ada@example.org").await;
    let bea = w.reader("bea@example.org").await;
    w.record(bea, left_everything()).await;
    let stream = w.draft_campaign().await;
    w.store.begin_campaign(w.tenant, stream, w.now()).await.unwrap();
    let stretch = w.store.plan_stretch(w.tenant, stream, 10).await.unwrap();
    assert_eq!(stretch.people.len(), 2);
    let of = |place: volens_store::consent::Place| stretch.people.iter().find(|p| p.point == place.point).unwrap();
    assert!(of(ada).open && !of(bea).open);
    assert_eq!(
        (of(ada).address.as_str(), of(ada).name.as_deref()),
        ("ada@example.org", Some("Name of ada@example.org"))
    );
    assert_eq!(of(ada).standing, w.store.log(w.tenant, ada.point).await.unwrap().unwrap().standing);
    let missing = w.store.plan_stretch(w.tenant, volens_core::id::StreamNo(99), 10).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))));
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_campaign_that_cannot_be_sent_becomes_a_draft_again(db: TestDb) {
    let w = World::of(db).await;
    let people = w.readers(20).await;
    w.record(people[3], left_everything()).await;
    let stream = w.draft_campaign().await;
    w.store.begin_campaign(w.tenant, stream, w.now()).await.unwrap();
    assert!(w.plan_stretch(stream, 12).await);
    w.store.reject_campaign(w.tenant, stream, "line 3: the field city is empty".into()).await.unwrap();
    let row = w.store.campaign(w.tenant, stream).await.unwrap().unwrap();
    assert_eq!((row.state, row.planned), (CampaignState::Draft, 0));
    assert_eq!(row.problem.as_deref(), Some("line 3: the field city is empty"));
    assert_eq!(w.books(stream).await.rows(), 0);
    assert_eq!(w.store.left_out(w.tenant, stream).await.unwrap(), []);
    assert!(!w.plan_stretch(stream, 12).await || w.books(stream).await.rows() == 0, "a draft is not planned");
    w.store.begin_campaign(w.tenant, stream, w.now()).await.unwrap();
    while w.plan_stretch(stream, 7).await {}
    assert_eq!(w.books(stream).await.of(DeliveryState::Planned), 19);
    w.store.start_campaign(w.tenant, stream).await.unwrap();
    let too_late = w.store.reject_campaign(w.tenant, stream, "late".into()).await;
    assert!(matches!(too_late, Err(StoreError::State(_))), "{too_late:?}");
}

#[both_engines(migrations = MIGRATIONS)]
async fn two_campaigns_keep_apart(db: TestDb) {
    let w = World::of(db).await;
    w.readers(5).await;
    let (first, second) = (w.running_campaign().await, w.running_campaign().await);
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 5).await;
    assert_eq!(w.wave(1, marks(slice, &rows), vec![]).await.marked.len(), 5);
    let of = async |stream| w.books(stream).await.of(DeliveryState::Sending);
    assert_eq!((of(first).await, of(second).await), (5, 0));
    assert_eq!(w.lease(1).await.stream, second);
}
