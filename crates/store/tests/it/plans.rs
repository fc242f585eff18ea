//! The plans of hot statements on tables that are full and were never analysed.

use tokio::task::JoinSet;
use volens_core::id::DeliveryKey;
use volens_core::locale::Locale;
use volens_db::{Rows, Stmt, Value, params};
use volens_store::consent::Place;
use volens_store::consent::evidence::KeptMail;
use volens_store::delivery::{DeliveryState, LeasedSlice, Mail, Payload, WaveOrder};
use volens_store::form::{FormDoc, FormRow};
use volens_store::intake::{ActDoc, ActRow};
use volens_store::{MIGRATIONS, statements};
use volens_testkit::statements::explain_hot;
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{NEWS, World, granted, keys, marks, outcome};

const PEOPLE: usize = 20_000;
const MAILS: i64 = 2_000;

/// What was put into the tables, to ask for.
struct Full {
    w: World,
    people: Vec<Place>,
    slice: LeasedSlice,
    event: [u8; 16],
    context: [u8; 32],
    blob: [u8; 32],
    act: [u8; 16],
    form: [u8; 16],
}

/// Runs so many at once: each is a commit of its own.
async fn all<F: Future<Output = ()> + Send + 'static>(tasks: impl Iterator<Item = F>) {
    let mut set = JoinSet::new();
    for task in tasks {
        set.spawn(task);
        if set.len() >= 64 {
            set.join_next().await.unwrap().unwrap();
        }
    }
    set.join_all().await;
}

async fn mails(w: &World, people: &[Place]) -> [u8; 32] {
    let to = |ordinal: i64| {
        let (store, tenant, now) = (w.store.clone(), w.tenant, w.now());
        let (key, point) = (DeliveryKey { stream: w.queue, ordinal }, people[ordinal as usize].point);
        let mail = Mail::Welcome { event: w.id(), scopes: vec![NEWS] };
        let payload = Payload { schema: 1, queued_at: now, locale: Locale::En, mail };
        async move { store.queue_mail(tenant, key, point, payload, now).await.unwrap() }
    };
    all((0..MAILS).map(to)).await;
    // Nine of ten were sent, and stay in the table with their evidence.
    let slice = w.lease_queue(1).await;
    let rows = w.waiting(slice, MAILS * 9 / 10).await;
    let mut hash = [0; 32];
    for chunk in rows.chunks(100) {
        let keep = |row: &volens_store::delivery::Planned| {
            (w.tenant.no.0, KeptMail::pack(w.id(), row.key, &row.key.bytes()).unwrap())
        };
        let kept: Vec<_> = chunk.iter().map(keep).collect();
        hash = kept[0].1.hash;
        let order = WaveOrder { holder: 1, now: w.now(), marks: marks(slice, chunk), kept, ..WaveOrder::default() };
        w.store.wave(order).await.unwrap();
        let results = chunk.iter().map(|r| outcome(slice, r.key, 1, DeliveryState::Sent)).collect();
        w.wave(1, vec![], results).await;
    }
    hash
}

async fn acts(w: &World) -> [u8; 16] {
    let doc = ActDoc {
        schema: 1,
        address: "ada@example.org".into(),
        name: None,
        boxes: vec![],
        button: "Join".into(),
        locale: Locale::En,
        network: None,
        agent: None,
        form_render: String::new(),
        form_texts: String::new(),
    };
    let act = || ActRow { id: w.id(), form: w.id(), form_version: 1, doc: doc.clone(), happened_at: w.now() };
    let acts: Vec<_> = (0..MAILS).map(|_| act()).collect();
    let one = acts[700].id.bytes();
    let store = |act| {
        let (store, tenant) = (w.store.clone(), w.tenant);
        async move { store.store_act(tenant, &act).await.unwrap() }
    };
    all(acts.into_iter().map(store)).await;
    one
}

async fn contexts(w: &World) -> [u8; 32] {
    let put = |i: i64| {
        let (store, tenant, now) = (w.store.clone(), w.tenant, w.now());
        async move {
            store.put_context(tenant, "page", i.to_le_bytes().into(), now).await.unwrap();
        }
    };
    all((0..MAILS).map(put)).await;
    volens_store::consent::evidence::sha256(&7_i64.to_le_bytes())
}

async fn forms(w: &World) -> [u8; 16] {
    let doc = FormDoc {
        schema: 1,
        text: w.id(),
        text_version: 1,
        notice: w.id(),
        notice_version: 1,
        purposes: vec![],
        locale: Locale::En,
    };
    let form = |i: i64| FormRow {
        id: w.id(),
        version: 1,
        slug: format!("form{i}"),
        source: crate::fixture::FORM,
        doc: doc.clone(),
    };
    let forms: Vec<_> = (0..MAILS).map(form).collect();
    let one = forms[1].id.bytes();
    let publish = |form| {
        let (store, tenant, now) = (w.store.clone(), w.tenant, w.now());
        async move { store.publish_form(tenant, form, now).await.unwrap() }
    };
    all(forms.into_iter().map(publish)).await;
    one
}

async fn fill(db: TestDb) -> Full {
    let w = World::of(db).await;
    let people = w.readers(PEOPLE).await;
    w.running_campaign().await;
    let slice = w.lease(1).await;
    // Some are under way, some were sent: results find something.
    let rows = w.waiting(slice, 2_000).await;
    for chunk in rows.chunks(500) {
        w.wave(1, marks(slice, chunk), vec![]).await;
    }
    let sent = rows[..1_000].iter().map(|r| outcome(slice, r.key, 1, DeliveryState::Sent)).collect();
    w.wave(1, vec![], sent).await;
    let event = w.record(people[3], granted(&[NEWS])).await.event.id.bytes();
    let blob = mails(&w, &people).await;
    let (act, context, form) = (acts(&w).await, contexts(&w).await, forms(&w).await);
    Full { w, people, slice, event, context, blob, act, form }
}

/// Rows of `{rows}` that hit, for a bulk statement.
fn rows(f: &Full, stmt: &'static Stmt, name: &str) -> Option<Rows> {
    let (ws, stream) = (f.w.tenant.no.0, f.slice.stream.0);
    let mut rows = Rows::new(stmt);
    for ordinal in 0..100_i64 {
        match name {
            "MARK" => rows.push(params![ws, stream, 5_000 + ordinal, 1, 1, 1, [1_u8]]).unwrap(),
            "WRITE_RESULTS" => rows.push(params![ws, stream, 1_000 + ordinal, 1, 2, 0, "250 ok"]).unwrap(),
            "COUNT" if ordinal < 2 => {
                rows.push(params![ws, stream, ordinal, -1, 1, 0, 0, 0, 0, 0, 0, i64::MAX]).unwrap();
            }
            _ => {}
        }
    }
    (!stmt.rows.is_empty()).then_some(rows)
}

/// Parameters that hit something; a new hot statement adds its line here.
fn asked(f: &Full, name: &str) -> Option<Vec<Value>> {
    let (ws, stream, queue, now) = (f.w.tenant.no.0, f.slice.stream.0, f.w.queue.0, f.w.now().0);
    let (place, (key, hash)) = (f.people[77], keys("reader77@example.org", &[1]).0[0]);
    let (point, contact, key) = (place.point.bytes(), place.contact.bytes(), i64::from(key));
    let new: [u8; 16] = f.w.id::<volens_core::id::Point>().bytes();
    Some(match name {
        "LEASE_QUEUE" => params![ws, queue, 1, now, now + 1].to_vec(),
        "RENEW" | "RELEASE" => params![ws, stream, 0, 1, now].to_vec(),
        "LOCK_SLICE" => params![ws, stream, 0].to_vec(),
        "WORKSPACE_OF" => params![ws].to_vec(),
        "STREAM_OF" | "CAMPAIGN_OF" => params![ws, stream].to_vec(),
        "PLANNED_IN" => params![ws, stream, 5_000, 5_500, now].to_vec(),
        "QUEUED" => params![ws, queue, now, 500].to_vec(),
        "MARK" => params![1, now].to_vec(),
        "WRITE_RESULTS" => params![now, 1].to_vec(),
        "COUNT" => vec![],
        "QUEUE_MAIL" => params![ws, queue, MAILS + 1, point, now, "{}"].to_vec(),
        "DELIVERY" => params![ws, stream, 77].to_vec(),
        "PUT_CONTEXT" => params![ws, [1_u8; 32], "page", [1_u8], now].to_vec(),
        "CONTEXT" => params![ws, f.context].to_vec(),
        "BLOB" => params![ws, f.blob].to_vec(),
        "KEPT_MAILS" | "EVENT" => params![ws, f.event].to_vec(),
        "LOG" | "STANDING" | "LOCK_STANDING" | "POINT" | "PLACE" => params![ws, point].to_vec(),
        "INSERT_EVENT" => params![ws, point, 99, new, "granted", now, now, [1_u8], [1_u8]].to_vec(),
        "UPDATE_STANDING" => params![ws, point, 99, 0, now, [1_u8]].to_vec(),
        "FIND_POINT" => params![ws, key, hash].to_vec(),
        "CLAIM_ADDRESS" => params![ws, key, hash, point].to_vec(),
        "INSERT_CONTACT" => params![ws, new, "Name", "{}", now].to_vec(),
        "INSERT_POINT" => params![ws, new, contact, "email", "new@example.org", now].to_vec(),
        "INSERT_STANDING" => params![ws, new, [1_u8]].to_vec(),
        "CURRENT_FORM" => params![ws, "form77"].to_vec(),
        "FORM_VERSION" => params![ws, f.form, 1].to_vec(),
        "INSERT_ACT" => params![ws, new, new, 1, "{}", now].to_vec(),
        "TAKE_ACT" => params![ws, f.act].to_vec(),
        "SPEND" => params![ws, key, hash, 1].to_vec(),
        _ => return None,
    })
}

/// A statement over four tables visits four rows for each that it returns, and no more than that.
fn one_row_of_each_table(stmt: &Stmt, why: &str) -> bool {
    let tables = 1.0 + stmt.sql.matches("JOIN ").count() as f64;
    let mut numbers = why.split_whitespace().filter_map(|word| word.parse::<f64>().ok());
    let (visited, returned) = (numbers.next(), numbers.next());
    why.contains("rows were visited for") && visited.zip(returned).is_some_and(|(v, r)| v <= tables * r + 20.0)
}

#[both_engines(migrations = MIGRATIONS)]
async fn hot_statements_name_a_bounded_range(db: TestDb) {
    let full = fill(db).await;
    let mut complaints = Vec::new();
    let mut looked_at = 0;
    for stmt in statements().into_iter().filter(|s| s.hot) {
        let name = stmt.name.rsplit("::").next().unwrap();
        let Some(params) = asked(&full, name) else {
            complaints.push(format!("{}: add parameters that hit something to `asked`", stmt.name));
            continue;
        };
        if let Err(why) = explain_hot(&full.w.db, stmt, rows(&full, stmt, name), &params).await
            && !one_row_of_each_table(stmt, &why)
        {
            complaints.push(why);
        }
        looked_at += 1;
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
    assert!(looked_at > 30);
}
