//! The instance and its workspaces.

pub mod settings;
pub mod workspace;

use std::sync::Arc;

use volens_core::Micros;
use volens_core::clock::{Clock, Randomness};
use volens_core::keys::{KeyPhase, KeyRing, KeyState, MasterKey, Use, check_value};
use volens_mail::Words;
use volens_store::Store;

use crate::account::settings::AppSettings;
use crate::error::AppError;
use crate::{App, account::workspace::Cache};

impl App {
    /// Opens the application on a store: checks that the master key belongs to it, reads keys and workspaces.
    ///
    /// # Errors
    /// [`AppError::WrongKey`] for a foreign key; otherwise when the database fails.
    pub async fn open(
        store: Store,
        master: &MasterKey,
        settings: AppSettings,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Randomness>,
    ) -> Result<Arc<Self>, AppError> {
        let check = check_value(master).to_vec();
        if store.set_once("master-key-check", check.clone()).await? != check {
            return Err(AppError::WrongKey);
        }
        let ring = Arc::new(key_ring(&store, master).await?);
        let words = Words::new(&[]).map_err(|e| AppError::Refused(e.to_string()))?;
        let app =
            Self { store, ring, clock, chance, settings, words, workspaces: Cache::default(), last_minted: 0.into() };
        app.reload().await?;
        Ok(Arc::new(app))
    }
}

async fn key_ring(store: &Store, master: &MasterKey) -> Result<KeyRing, AppError> {
    let mut states = Vec::new();
    let workspaces = store.workspaces().await?;
    let numbers = workspaces.iter().map(|w| w.tenant.no).chain([volens_core::keys::INSTANCE]);
    for workspace in numbers {
        for (word, key_id, active) in store.key_states(workspace.0).await? {
            let usage = Use::read(&word)
                .ok_or_else(|| AppError::Refused(format!("the key use {word:?} is of a newer Volens: update it")))?;
            let phase = if active { KeyPhase::Mints } else { KeyPhase::Verifies };
            states.push(KeyState { workspace, usage, key_id: u8::try_from(key_id).unwrap_or(0), phase });
        }
    }
    KeyRing::new(master, &states).map_err(|e| AppError::Refused(e.to_string()))
}

/// The calendar day of an instant in UTC, counted from 1970: for budgets.
#[must_use]
pub fn day(at: Micros) -> i64 {
    at.seconds().div_euclid(86_400)
}
