//! A workspace with people, campaigns and a queue, built in a few words.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use volens_core::consent::{Actor, Body, Draft, Item, Left};
use volens_core::id::{CampaignId, DeliveryKey, EventId, Id, StreamNo};
use volens_core::permission::{Channel, Client, Evidence, Mode};
use volens_core::purpose::{PurposeNo, Scope, SenderNo, SourceNo};
use volens_core::{Clock, Micros, Randomness};
use volens_store::account::NewWorkspace;
use volens_store::campaign::NewCampaign;
use volens_store::consent::evidence::sha256;
use volens_store::consent::{Place, Recorded};
use volens_store::contact::bulk::Arrival;
use volens_store::contact::{AddressKeys, NewPoint};
use volens_store::delivery::wave::QUEUE_SLICE;
use volens_store::delivery::{
    Books, DeliveryState, LeasedSlice, Mark, Outcome, Planned, SliceKey, WaveOrder, WaveResult,
};
use volens_store::{Store, Tenant};
use volens_testkit::{FakeChance, FakeClock, TestDb};

pub const MINUTE: i64 = 60_000_000;
pub const DAY: i64 = 24 * 60 * MINUTE;
/// The newsletter.
pub const NEWS: Scope = Scope { purpose: PurposeNo(1), topic: None };
/// Our only sender entity.
pub const US: SenderNo = SenderNo(1);
/// Our only source.
pub const FORM: SourceNo = SourceNo(1);

/// One workspace in a database of its own.
pub struct World {
    pub db: TestDb,
    pub store: Store,
    pub tenant: Tenant,
    pub clock: FakeClock,
    pub chance: FakeChance,
    /// The transactional stream.
    pub queue: StreamNo,
    pub next: AtomicI64,
}

impl World {
    pub async fn of(db: TestDb) -> Self {
        let store = Store::of(db.db().clone());
        let (clock, chance) = (FakeClock::default(), FakeChance::seeded(7));
        let new = NewWorkspace {
            id: Id::new(&clock, &chance),
            slug: "bakery".into(),
            name: "Nordic Bakery".into(),
            settings: "{}".into(),
        };
        let tenant = store.create_workspace(new, clock.now()).await.unwrap();
        let queue = store.open_queue(tenant, StreamNo(1), clock.now()).await.unwrap();
        Self { db, store, tenant, clock, chance, queue, next: AtomicI64::new(2) }
    }

    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    pub fn id<K>(&self) -> Id<K> {
        Id::new(&self.clock, &self.chance)
    }

    /// Lets time pass.
    pub fn wait(&self, micros: i64) {
        self.clock.set(Micros(self.now().0 + micros));
    }

    /// A number that was not given before.
    pub fn number(&self) -> i64 {
        self.next.fetch_add(1, Ordering::SeqCst)
    }

    pub fn draft(&self, body: Body) -> Draft {
        Draft {
            id: self.id(),
            salt: self.chance.bytes(),
            at: None,
            actor: Actor::Person,
            body,
            locale: None,
            network: None,
            agent: None,
            profile: None,
            contexts: BTreeMap::new(),
        }
    }

    /// Somebody who is not known yet.
    pub fn stranger(&self, address: &str) -> NewPoint {
        NewPoint {
            place: Place { contact: self.id(), point: self.id(), channel: Channel::Email },
            address: address.into(),
            keys: keys(address, &[1]),
            name: Some(format!("Name of {address}")),
            profile: "{}".into(),
        }
    }

    /// Somebody who is known, without any act.
    pub async fn person(&self, address: &str) -> Place {
        self.store.make_point(self.tenant, self.stranger(address), self.now()).await.unwrap().place
    }

    pub async fn record(&self, place: Place, body: Body) -> Recorded {
        self.store.record(self.tenant, place, self.draft(body), self.now()).await.unwrap()
    }

    /// A reader with a confirmed permission, act by act.
    pub async fn reader(&self, address: &str) -> Place {
        let place = self.person(address).await;
        let of = self.record(place, requested(&[NEWS])).await.event.id;
        self.record(place, confirmed(of)).await;
        place
    }

    /// So many readers, in the order of their points.
    pub async fn readers(&self, n: usize) -> Vec<Place> {
        let mut places = Vec::with_capacity(n);
        let all: Vec<usize> = (0..n).collect();
        for chunk in all.chunks(5_000) {
            let arrive = |i: &usize| Arrival {
                point: self.stranger(&format!("reader{i}@example.org")),
                acts: vec![self.draft(granted(&[NEWS]))],
            };
            let people: Vec<Arrival> = chunk.iter().map(arrive).collect();
            places.extend(people.iter().map(|p| p.point.place));
            let arrived = self.store.bring_in(self.tenant, people, self.now()).await.unwrap();
            assert_eq!(arrived.new, chunk.len() as u64);
        }
        places.sort_by_key(|p| p.point);
        places
    }

    pub async fn draft_campaign(&self) -> StreamNo {
        self.draft_campaign_that(false).await
    }

    /// A draft whose unknown messages are sent again, or not.
    pub async fn draft_campaign_that(&self, resend: bool) -> StreamNo {
        let stream = StreamNo(self.number());
        let new = NewCampaign {
            id: self.id::<volens_core::id::Campaign>() as CampaignId,
            stream,
            name: format!("Campaign {}", stream.0),
            source: "Rye again".into(),
            scope: NEWS,
            sender: US,
            useful_for: 3 * DAY,
            resend,
        };
        self.store.create_campaign(self.tenant, new, self.now()).await.unwrap();
        stream
    }

    /// One stretch of a plan; `false` when there was nothing left to plan.
    pub async fn plan_stretch(&self, stream: StreamNo, people: u32) -> bool {
        let stretch = self.store.plan_stretch(self.tenant, stream, people).await.unwrap();
        let Some(last) = stretch.people.last() else { return false };
        self.store.plan(self.tenant, stream, stretch.after, last.point, None, self.now()).await.unwrap();
        true
    }

    /// A campaign to all readers, planned and started.
    pub async fn running_campaign(&self) -> StreamNo {
        let stream = self.draft_campaign().await;
        self.start(stream).await;
        stream
    }

    /// Plans a draft and starts it.
    pub async fn start(&self, stream: StreamNo) {
        self.store.begin_campaign(self.tenant, stream, self.now()).await.unwrap();
        while self.plan_stretch(stream, 10_000).await {}
        self.store.start_campaign(self.tenant, stream).await.unwrap();
    }

    pub fn lease_end(&self) -> Micros {
        Micros(self.now().0 + MINUTE)
    }

    pub async fn lease(&self, holder: i64) -> LeasedSlice {
        self.store.lease_slice(holder, self.now(), self.lease_end()).await.unwrap().unwrap()
    }

    /// The queue as a leased slice.
    pub async fn lease_queue(&self, holder: i64) -> LeasedSlice {
        let (until, queue) = (self.lease_end(), self.queue);
        assert!(self.store.lease_queue(self.tenant, queue, holder, self.now(), until).await.unwrap());
        LeasedSlice { tenant: self.tenant, stream: queue, no: 0, first: 0, until: i64::MAX, transactional: true }
    }

    /// What waits in the first `n` ordinals of a slice, or the `n` oldest of a queue.
    pub async fn waiting(&self, slice: LeasedSlice, n: i64) -> Vec<Planned> {
        let until = if slice.transactional { n } else { slice.first + n };
        self.store.planned(slice, slice.first, until, self.now()).await.unwrap()
    }

    /// A wave of these marks and results.
    pub async fn wave(&self, holder: i64, marks: Vec<Mark>, results: Vec<Outcome>) -> WaveResult {
        self.try_wave(&self.store, holder, marks, results).await
    }

    /// The same on another node.
    pub async fn try_wave(&self, store: &Store, holder: i64, marks: Vec<Mark>, results: Vec<Outcome>) -> WaveResult {
        let order = WaveOrder { holder, now: self.now(), results, marks, ..WaveOrder::default() };
        store.wave(order).await.unwrap()
    }

    /// The books of the slices, which must be those of the rows.
    pub async fn books(&self, stream: StreamNo) -> Books {
        let slices = self.store.books(self.tenant, stream).await.unwrap();
        let rows = self.store.count_rows(self.tenant, stream).await.unwrap();
        assert_eq!(slices, rows, "the slices' books are those of the rows");
        slices
    }

    pub async fn state(&self, key: DeliveryKey) -> DeliveryState {
        self.store.delivery(self.tenant, key).await.unwrap().unwrap().state
    }
}

/// The hashes of an address under these key ids; the first is the active one.
pub fn keys(address: &str, ids: &[u8]) -> AddressKeys {
    let hash = |id: &u8| {
        let all = sha256(format!("{id} {address}").as_bytes());
        (*id, std::array::from_fn(|i| all[i]))
    };
    AddressKeys(ids.iter().map(hash).collect())
}

pub fn item(scope: Scope) -> Item {
    Item {
        scope,
        sender: US,
        mode: Mode::Active,
        evidence: Evidence::Single,
        text: None,
        given_at: None,
        valid_until: None,
    }
}

pub fn requested(scopes: &[Scope]) -> Body {
    let items = scopes.iter().map(|s| item(*s)).collect();
    Body::Requested { items, boxes: Vec::new(), button: "Join".into(), source: FORM }
}

pub fn confirmed(of: EventId) -> Body {
    Body::Confirmed { of, client: Client::Human, token: "00".into() }
}

pub fn granted(scopes: &[Scope]) -> Body {
    let items = scopes.iter().map(|s| Item { evidence: Evidence::Doi, ..item(*s) }).collect();
    Body::Granted { items, source: FORM }
}

pub fn left(scope: Scope) -> Body {
    Body::Withdrawn { scopes: vec![Left { scope, sender: US }], everything: false, way: "one_click".into() }
}

pub fn left_everything() -> Body {
    Body::Withdrawn { scopes: Vec::new(), everything: true, way: "page".into() }
}

/// The slice's key as the wave wants it.
pub fn slice_key(slice: LeasedSlice) -> SliceKey {
    let no = if slice.transactional { QUEUE_SLICE } else { slice.no };
    SliceKey { ws: slice.tenant.no.0, stream: slice.stream, no }
}

pub fn mark(slice: LeasedSlice, row: &Planned, state: DeliveryState) -> Mark {
    let SliceKey { ws, no, .. } = slice_key(slice);
    Mark { ws, key: row.key, slice: no, seq: row.seq, state, decision: vec![1, 2, 3] }
}

pub fn marks(slice: LeasedSlice, rows: &[Planned]) -> Vec<Mark> {
    rows.iter().map(|row| mark(slice, row, DeliveryState::Sending)).collect()
}

pub fn outcome(slice: LeasedSlice, key: DeliveryKey, attempt: i64, state: DeliveryState) -> Outcome {
    let SliceKey { ws, no, .. } = slice_key(slice);
    Outcome { ws, key, slice: no, attempt, state, not_before: Micros(0), reply: Some("250 2.0.0 queued".into()) }
}
