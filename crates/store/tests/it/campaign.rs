//! A campaign's states, and what pausing, stopping and finishing do to its rows.

use volens_core::Micros;
use volens_core::id::StreamNo;
use volens_core::purpose::{PurposeNo, Scope, SenderNo, TopicNo};
use volens_store::campaign::{CampaignState, NewCampaign};
use volens_store::delivery::{DeliveryState, Outcome};
use volens_store::{MIGRATIONS, StoreError};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{DAY, MINUTE, World, marks, outcome};

use DeliveryState::{Cancelled, Planned, Sending, Sent};

async fn state(w: &World, stream: StreamNo) -> CampaignState {
    w.store.campaign(w.tenant, stream).await.unwrap().unwrap().state
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    let why = result.unwrap_err();
    assert!(matches!(why, StoreError::State(_)), "{why:?}");
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_campaign_comes_back_as_it_was_made(db: TestDb) {
    let w = World::of(db).await;
    let scope = Scope { purpose: PurposeNo(3), topic: Some(TopicNo(4)) };
    let new = NewCampaign {
        id: w.id(),
        stream: StreamNo(77),
        name: "Rye".into(),
        source: "---\nsubject: Rye\n---\nAgain".into(),
        scope,
        sender: SenderNo(2),
        useful_for: 3 * DAY,
        resend: false,
    };
    w.store.create_campaign(w.tenant, new.clone(), w.now()).await.unwrap();
    let row = w.store.campaign(w.tenant, new.stream).await.unwrap().unwrap();
    assert_eq!((row.id, row.name.as_str(), row.source.as_str()), (new.id, "Rye", new.source.as_str()));
    assert_eq!((row.scope, row.sender, row.state), (scope, SenderNo(2), CampaignState::Draft));
    assert_eq!((row.queued_at, row.created_at, row.planned), (Micros(0), w.now(), 0));
    w.wait(2_000);
    let second = w.draft_campaign().await;
    let all: Vec<_> = w.store.campaigns(w.tenant).await.unwrap().iter().map(|c| c.stream).collect();
    assert_eq!(all, [second, new.stream], "newest first");
    assert!(w.store.campaign(w.tenant, StreamNo(5)).await.unwrap().is_none());
    w.store.begin_campaign(w.tenant, second, w.now()).await.unwrap();
    let row = w.store.campaign(w.tenant, second).await.unwrap().unwrap();
    assert_eq!((row.queued_at, row.useful_until), (w.now(), Micros(w.now().0 + 3 * DAY)));
    assert!(matches!(w.store.begin_campaign(w.tenant, StreamNo(5), w.now()).await, Err(StoreError::Missing(_))));
}

#[both_engines(migrations = MIGRATIONS)]
async fn steps_out_of_order_are_refused(db: TestDb) {
    let w = World::of(db).await;
    w.readers(2).await;
    let stream = w.draft_campaign().await;
    let (s, t) = (&w.store, w.tenant);
    refused(s.start_campaign(t, stream).await);
    refused(s.pause_campaign(t, stream, "why".into()).await);
    refused(s.cancel_campaign(t, stream, w.now()).await);
    refused(s.reject_campaign(t, stream, "why".into()).await);
    s.begin_campaign(t, stream, w.now()).await.unwrap();
    refused(s.begin_campaign(t, stream, w.now()).await);
    refused(s.resume_campaign(t, stream).await);
    while w.plan_stretch(stream, 10).await {}
    s.start_campaign(t, stream).await.unwrap();
    refused(s.start_campaign(t, stream).await);
    refused(s.resume_campaign(t, stream).await);
    assert_eq!(state(&w, stream).await, CampaignState::Running);
    assert!(!s.finish_campaign(t, stream).await.unwrap(), "two rows wait");
    s.cancel_campaign(t, stream, w.now()).await.unwrap();
    refused(s.pause_campaign(t, stream, "why".into()).await);
    refused(s.resume_campaign(t, stream).await);
    assert!(!s.finish_campaign(t, stream).await.unwrap());
    assert_eq!(state(&w, stream).await, CampaignState::Cancelled);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_paused_campaign_stands_still_and_goes_on(db: TestDb) {
    let w = World::of(db).await;
    w.readers(4).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 4).await;
    w.wave(1, marks(slice, &rows[..2]), vec![]).await;
    w.store.pause_campaign(w.tenant, stream, "the relay wants a login".into()).await.unwrap();
    let row = w.store.campaign(w.tenant, stream).await.unwrap().unwrap();
    assert_eq!((row.state, row.why.as_deref()), (CampaignState::Paused, Some("the relay wants a login")));
    assert!(!w.store.renew_slice(slice, 1, w.lease_end()).await.unwrap());
    assert_eq!(w.wave(1, marks(slice, &rows[2..]), vec![]).await.lost.len(), 1);
    w.wait(2 * MINUTE);
    assert!(w.store.lease_slice(2, w.now(), w.lease_end()).await.unwrap().is_none());
    // A reply that comes meanwhile puts a row back; the slice was given back and stays paused.
    let again = Outcome { not_before: w.now(), ..outcome(slice, rows[1].key, 1, Planned) };
    w.wave(1, vec![], vec![outcome(slice, rows[0].key, 1, Sent), again]).await;
    w.store.release_slice(slice, 1).await.unwrap();
    assert!(w.store.lease_slice(2, w.now(), w.lease_end()).await.unwrap().is_none());
    assert!(!w.store.finish_campaign(w.tenant, stream).await.unwrap());
    w.store.resume_campaign(w.tenant, stream).await.unwrap();
    assert_eq!(w.store.campaign(w.tenant, stream).await.unwrap().unwrap().why, None);
    let slice = w.lease(2).await;
    assert_eq!(w.waiting(slice, 4).await.len(), 3);
    w.books(stream).await;
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_stopped_campaign_cancels_what_waits_and_counts_what_left(db: TestDb) {
    let w = World::of(db).await;
    w.readers(10_030).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 10).await;
    w.wave(1, marks(slice, &rows[..4]), vec![]).await;
    assert_eq!(w.store.cancel_campaign(w.tenant, stream, w.now()).await.unwrap(), 10_026);
    let books = w.books(stream).await;
    assert_eq!([Cancelled, Sending, Planned].map(|s| books.of(s)), [10_026, 4, 0]);
    let lost = w.wave(1, marks(slice, &rows[4..]), vec![outcome(slice, rows[0].key, 1, Sent)]).await;
    assert_eq!((lost.marked.len(), lost.lost.len(), lost.unmatched), (0, 1, 0));
    let again = Outcome { not_before: w.now(), ..outcome(slice, rows[1].key, 1, Planned) };
    w.wave(1, vec![], vec![again]).await;
    assert_eq!(w.state(rows[1].key).await, Cancelled, "nothing of it is tried again");
    assert_eq!(w.store.cancel_campaign(w.tenant, stream, w.now()).await.unwrap(), 0, "again: nothing is left");
    let books = w.books(stream).await;
    assert_eq!([Cancelled, Sending, Sent, Planned].map(|s| books.of(s)), [10_027, 2, 1, 0]);
    assert_eq!(books.rows(), 10_030);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_plan_can_be_stopped(db: TestDb) {
    let w = World::of(db).await;
    w.readers(30).await;
    let stream = w.draft_campaign().await;
    w.store.begin_campaign(w.tenant, stream, w.now()).await.unwrap();
    assert!(w.plan_stretch(stream, 10).await);
    let stretch = w.store.plan_stretch(w.tenant, stream, 10).await.unwrap();
    assert_eq!(w.store.cancel_campaign(w.tenant, stream, w.now()).await.unwrap(), 10);
    let upto = stretch.people.last().unwrap().point;
    assert_eq!(w.store.plan(w.tenant, stream, stretch.after, upto, None, w.now()).await.unwrap(), 10, "planned before");
    assert_eq!(w.books(stream).await.rows(), 10);
    assert_eq!(w.store.unplanned().await.unwrap(), []);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_campaign_is_done_when_nothing_waits(db: TestDb) {
    let w = World::of(db).await;
    w.readers(3).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 3).await;
    w.wave(1, marks(slice, &rows), vec![]).await;
    assert!(!w.store.finish_campaign(w.tenant, stream).await.unwrap(), "replies are outstanding");
    w.wave(1, vec![], rows.iter().map(|r| outcome(slice, r.key, 1, Sent)).collect()).await;
    assert!(w.store.finish_campaign(w.tenant, stream).await.unwrap());
    assert!(!w.store.finish_campaign(w.tenant, stream).await.unwrap(), "it became so once");
    assert_eq!(state(&w, stream).await, CampaignState::Done);
    assert!(w.books(stream).await.settled());
    let empty = World { next: 500.into(), ..w };
    let draft = empty.draft_campaign().await;
    assert!(!empty.store.finish_campaign(empty.tenant, draft).await.unwrap(), "a draft is not done");
}
