//! Sign-up: the POST stores the act as it came; a loop takes acts up (DESIGN 4.1).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::watch;
use volens_core::Micros;
use volens_core::address::EmailAddress;
use volens_core::consent::{Actor, Body, Box_, Context, Draft, Item, Profile, TextRef};
use volens_core::id::{ActId, FormId};
use volens_core::locale::Locale;
use volens_core::permission::{Evidence, Mode};
use volens_core::purpose::{PurposeNo, Scope};
pub use volens_store::form::FormRow;
use volens_store::intake::{ActDoc, ActRow, Buried, PreparedAct, TakenUp};

use crate::account::workspace::Workspace;
use crate::contact::hex;
use crate::delivery::end;
use crate::error::AppError;
use crate::{ACTS, App, QUEUED};

/// Acts that are taken up in one transaction.
const BATCH: u32 = 100;
/// While people wait for answers, taking up rests so many times as long as it worked: they share the machine, and a
/// confirmation mail may be some seconds late in a rush.
const REST: u32 = 16;
/// The same once the oldest act has waited longer than [`LATE`].
const REST_WHEN_LATE: u32 = 2;
/// So long an act may wait for the sake of people.
const LATE: Duration = Duration::from_secs(5);
/// The longest rest.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// What a person sent with a form.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// The address; it was parsed at the edge.
    pub address: EmailAddress,
    /// The name, if one was given.
    pub name: Option<String>,
    /// The purposes that were ticked.
    pub ticked: Vec<PurposeNo>,
    /// The button that was pressed.
    pub button: String,
    /// The language of the page.
    pub locale: Locale,
    /// Truncated network address.
    pub network: Option<String>,
    /// Coarse client string.
    pub agent: Option<String>,
}

/// Texts and boxes of a form in one language: the context object that its events name.
#[derive(Debug, Serialize)]
struct Texts<'a> {
    schema: u8,
    form: FormId,
    version: u32,
    locale: Locale,
    title: &'a str,
    lead: &'a str,
    notice: TextRef,
    boxes: Vec<BoxText>,
}

#[derive(Debug, Serialize)]
struct BoxText {
    name: String,
    text: TextRef,
    label: String,
    benefit: String,
    frequency: String,
    initial: bool,
}

/// What a form was shown as: form, version, language.
type Shown = (FormId, u32, Locale);
/// The hashes of its render and of its texts, hexadecimal.
type Hashes = (String, String);

/// Hashes of context objects that were stored already.
#[derive(Default)]
pub struct Contexts(Mutex<HashMap<Shown, Hashes>>);

/// What one turn of taking up came to.
struct Turn {
    /// Acts that were looked at.
    found: usize,
    /// Some of them still wait, for the sake of people.
    gave_way: bool,
    /// When the oldest of them came.
    oldest: Option<Micros>,
}

/// The name of the box of a purpose.
#[must_use]
pub fn box_name(workspace: &Workspace, purpose: PurposeNo) -> String {
    let slug = workspace.offer.purpose(purpose).map_or_else(|| purpose.to_string(), |p| p.slug.clone());
    format!("purpose:{slug}")
}

impl App {
    /// Stores the rendered form and its texts as context objects, once for each form version and language, and gives
    /// their hashes. `rendered` is made with the time token and prefilled values blanked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn form_contexts(
        &self,
        known: &Contexts,
        workspace: &Workspace,
        form: &FormRow,
        locale: Locale,
        rendered: impl FnOnce() -> String,
    ) -> Result<(String, String), AppError> {
        let key = (form.id, form.version, locale);
        if let Some(found) = known.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(found.clone());
        }
        let now = self.now();
        let render = self.store.put_context(workspace.tenant, "form", rendered().into_bytes(), now).await?;
        let texts =
            serde_json::to_vec(&texts(workspace, form, locale)).map_err(|e| AppError::Refused(e.to_string()))?;
        let texts = self.store.put_context(workspace.tenant, "texts", texts, now).await?;
        let found = (hex(&render), hex(&texts));
        known.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
        Ok(found)
    }

    /// Stores an act as it came. The same work for everybody: nothing is looked up.
    ///
    /// # Errors
    /// When the database cannot take it: then the act did not happen, and the person is told to try again.
    pub async fn sign_up(
        &self,
        workspace: &Workspace,
        form: &FormRow,
        sign_up: SignUp,
        contexts: (String, String),
    ) -> Result<ActId, AppError> {
        let boxes = form.doc.purposes.iter().map(|no| Box_ {
            name: box_name(workspace, *no),
            initial: false,
            last: sign_up.ticked.contains(no),
        });
        let doc = ActDoc {
            schema: 1,
            address: sign_up.address.as_str().to_owned(),
            name: sign_up.name,
            boxes: boxes.collect(),
            button: sign_up.button,
            locale: sign_up.locale,
            network: sign_up.network,
            agent: sign_up.agent,
            form_render: contexts.0,
            form_texts: contexts.1,
        };
        let happened_at = self.now();
        let act = ActRow { id: self.id(), form: form.id, form_version: form.version, doc, happened_at };
        self.store.store_act(workspace.tenant, &act).await?;
        self.store.db().wake(ACTS);
        Ok(act.id)
    }

    /// Takes up what waits now, at most 100 acts; gives how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_up(&self, workspace: &Workspace) -> Result<usize, AppError> {
        let mut turn = self.turn(workspace).await?;
        let found = turn.found;
        while turn.gave_way {
            turn = self.turn(workspace).await?;
        }
        Ok(found)
    }

    /// Takes up until people wait for an answer.
    async fn turn(&self, workspace: &Workspace) -> Result<Turn, AppError> {
        let acts = self.store.waiting_acts(workspace.tenant, BATCH).await?;
        let mut prepared = Vec::with_capacity(acts.len());
        for act in &acts {
            match self.prepare(workspace, act).await {
                Ok(ready) => prepared.push(ready),
                Err(e) if e.is_busy() => return Err(e),
                Err(e) => self.bury(workspace, act.id, &e).await?,
            }
        }
        let (found, oldest) = (acts.len(), acts.first().map(|a| a.happened_at));
        if prepared.is_empty() {
            return Ok(Turn { found, gave_way: false, oldest });
        }
        let taken = match self.store.take_up(workspace.tenant, prepared.clone(), self.now()).await {
            Ok(taken) => taken,
            Err(e) => {
                let e = AppError::from(e);
                if e.is_busy() {
                    return Err(e);
                }
                self.one_by_one(workspace, prepared).await?
            }
        };
        if taken.iter().any(|t| matches!(t, TakenUp::Asked(_) | TakenUp::Already)) {
            self.store.db().wake(QUEUED);
        }
        Ok(Turn { found, gave_way: taken.contains(&TakenUp::Waits), oldest })
    }

    /// One of a batch cannot be taken up: the others are, and it is put aside with its reason.
    async fn one_by_one(&self, workspace: &Workspace, acts: Vec<PreparedAct>) -> Result<Vec<TakenUp>, AppError> {
        let mut out = Vec::new();
        for act in acts {
            let id = act.id;
            match self.store.take_up(workspace.tenant, vec![act], self.now()).await {
                Ok(taken) => out.extend(taken),
                Err(e) => {
                    let e = AppError::from(e);
                    if e.is_busy() {
                        return Err(e);
                    }
                    self.bury(workspace, id, &e).await?;
                }
            }
        }
        Ok(out)
    }

    async fn bury(&self, workspace: &Workspace, act: ActId, error: &AppError) -> Result<(), AppError> {
        tracing::error!(act = %act, error = %error, "a sign-up could not be taken up and was put aside");
        Ok(self.store.bury_act(workspace.tenant, act, error.to_string(), self.now()).await?)
    }

    /// Sign-ups that could not be taken up and were put aside, if there are any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn buried_signups(&self, workspace: &Workspace) -> Result<Option<Buried>, AppError> {
        Ok(self.store.buried_acts(workspace.tenant).await?)
    }

    /// Lets the sign-ups that were put aside be taken up once more; gives how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry_signups(&self, workspace: &Workspace) -> Result<u64, AppError> {
        let n = self.store.dig_up_acts(workspace.tenant).await?;
        self.store.db().wake(ACTS);
        Ok(n)
    }

    async fn prepare(&self, workspace: &Workspace, act: &ActRow) -> Result<PreparedAct, AppError> {
        let form = match workspace.forms.iter().find(|f| f.id == act.form && f.version == act.form_version) {
            Some(form) => form.clone(),
            None => {
                let found = self.store.form_version(workspace.tenant, act.form, act.form_version).await?;
                found.ok_or_else(|| AppError::NotFound("the form of this sign-up does not exist".into()))?
            }
        };
        let address = EmailAddress::parse(&act.doc.address)?;
        let ticked = |no: &&PurposeNo| {
            let name = box_name(workspace, **no);
            act.doc.boxes.iter().any(|b| b.last && b.name == name)
        };
        let items = form.doc.purposes.iter().filter(ticked).filter_map(|no| item(workspace, *no, act.doc.locale));
        let items: Vec<Item> = items.collect();
        if items.is_empty() {
            return Err(AppError::Refused("nothing was ticked".into()));
        }
        let request = Draft {
            id: self.id(),
            salt: self.salt(),
            at: Some(act.happened_at),
            actor: Actor::Person,
            body: Body::Requested {
                items,
                boxes: act.doc.boxes.clone(),
                button: act.doc.button.clone(),
                source: form.source,
            },
            locale: Some(act.doc.locale),
            network: act.doc.network.clone(),
            agent: act.doc.agent.clone(),
            // Whoever typed the address may be a stranger: name and language count once the mailbox has said yes.
            profile: act.doc.name.clone().map(|name| Profile { name: Some(name), ..Profile::default() }),
            contexts: BTreeMap::from([
                (Context::Form, act.doc.form_render.clone()),
                (Context::Texts, act.doc.form_texts.clone()),
            ]),
        };
        Ok(PreparedAct {
            id: act.id,
            person: self.new_point(workspace, &address, None, "{}".to_owned()),
            request,
            delivery: self.minted_in(workspace.queue),
            form: form.id,
            locale: act.doc.locale,
            day: self.today(),
            budget: self.settings.confirmations_a_day,
        })
    }

    /// The loop that takes acts up, until the node stops.
    pub async fn take_up_loop(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        let mut waiter = self.store.db().waiter(ACTS);
        while !*stopped.borrow() {
            let (mut found, mut more, mut late, clock) = (false, false, false, Instant::now());
            for workspace in self.workspaces() {
                match self.turn(&workspace).await {
                    Ok(turn) => {
                        found |= turn.found > 0;
                        late |= turn.oldest.is_some_and(|at| at < self.now().before(LATE));
                        more |= turn.gave_way || turn.found == BATCH as usize;
                    }
                    Err(e) => tracing::warn!(error = %e, "sign-ups could not be taken up"),
                }
            }
            if found && self.store.db().interactive_lately() {
                let rest = rest(clock.elapsed(), late);
                tokio::select! {
                    () = tokio::time::sleep(rest) => {}
                    () = end(&mut stopped) => {}
                }
            }
            if !more {
                tokio::select! {
                    _ = waiter.woken(Duration::from_secs(1)) => {}
                    () = end(&mut stopped) => {}
                }
            }
        }
    }
}

/// How long taking up rests after it worked that long beside people who wait for answers.
fn rest(worked: Duration, late: bool) -> Duration {
    (worked * if late { REST_WHEN_LATE } else { REST }).min(LONGEST_REST)
}

/// One ticked purpose as an item of a request: a single act, until it is confirmed.
pub(crate) fn item(workspace: &Workspace, no: PurposeNo, locale: Locale) -> Option<Item> {
    scoped_item(workspace, Scope::whole(no), locale)
}

/// The same for a purpose or a topic of it.
pub(crate) fn scoped_item(workspace: &Workspace, scope: Scope, locale: Locale) -> Option<Item> {
    let purpose = workspace.offer.purpose(scope.purpose)?;
    let key = match scope.topic {
        Some(no) => workspace.offer.topics.iter().find(|t| t.no == no && t.purpose == scope.purpose)?.text,
        None => purpose.text,
    };
    let shown = workspace.offer.words(key, locale).map_or(locale, |(l, _)| l);
    Some(Item {
        scope,
        sender: purpose.sender,
        mode: Mode::Active,
        evidence: Evidence::Single,
        text: Some(TextRef { id: key.id, version: key.version, locale: shown }),
        given_at: None,
        valid_until: None,
    })
}

fn texts<'a>(workspace: &'a Workspace, form: &FormRow, locale: Locale) -> Texts<'a> {
    let key = volens_store::purpose::TextKey { id: form.doc.text, version: form.doc.text_version };
    let (title, lead) =
        workspace.offer.words(key, locale).map_or(("", ""), |(_, w)| (w.name.as_str(), w.body.as_str()));
    let boxes = form.doc.purposes.iter().filter_map(|no| {
        let words = workspace.words(Scope::whole(*no), locale);
        Some(BoxText {
            name: box_name(workspace, *no),
            text: item(workspace, *no, locale)?.text?,
            label: words.name,
            benefit: words.body,
            frequency: words.frequency,
            initial: false,
        })
    });
    Texts {
        schema: 1,
        form: form.id,
        version: form.version,
        locale,
        title,
        lead,
        notice: TextRef { id: form.doc.notice, version: form.doc.notice_version, locale },
        boxes: boxes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_go_first_until_the_oldest_act_is_late() {
        let worked = Duration::from_millis(5);
        assert!(rest(worked, false) > rest(worked, true), "who waits for a mail gives way, but not for long");
        assert!(worked * 3 >= rest(worked, true), "what is late gets a third of the writer");
        assert_eq!(rest(Duration::from_secs(1), false), LONGEST_REST);
    }
}
