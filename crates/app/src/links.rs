//! The links of one person: each carries one power (DESIGN 9).

use volens_core::Micros;
use volens_core::id::{DeliveryKey, EventId, PointId, WorkspaceNo};
use volens_core::keys::KeyRing;
use volens_core::purpose::PurposeNo;
use volens_core::token::{BounceToken, ChoicesToken, ConfirmToken, LeaveToken, NotMeToken};

use crate::account::settings::AppSettings;

/// Makes links for a workspace.
#[derive(Clone, Copy)]
pub struct Links<'a> {
    /// The keys.
    pub ring: &'a KeyRing,
    /// Where the pages are.
    pub settings: &'a AppSettings,
    /// Whose.
    pub workspace: WorkspaceNo,
}

impl Links<'_> {
    fn url(&self, path: &str, token: &str) -> String {
        let base = self.settings.base_url.trim_end_matches('/');
        let mut out = String::with_capacity(base.len() + path.len() + token.len() + 3);
        for part in [base, "/", path, "/", token] {
            out.push_str(part);
        }
        out
    }

    /// Confirms a request.
    #[must_use]
    pub fn confirm(&self, event: EventId, point: PointId, now: Micros) -> String {
        self.url("c", &ConfirmToken::new(self.workspace, event, point, now).mint(self.ring))
    }

    /// Says that a request was somebody else's.
    #[must_use]
    pub fn not_me(&self, event: EventId, point: PointId, now: Micros) -> String {
        self.url("n", &NotMeToken::new(self.workspace, event, point, now).mint(self.ring))
    }

    /// Leaves a purpose; one click by RFC 8058 on the same URL.
    #[must_use]
    pub fn leave(&self, point: PointId, purpose: PurposeNo) -> String {
        self.url("u", &LeaveToken::new(self.workspace, point, purpose).mint(self.ring))
    }

    /// Opens the choices page.
    #[must_use]
    pub fn choices(&self, point: PointId, now: Micros) -> String {
        self.url("p", &ChoicesToken::new(self.workspace, point, now).mint(self.ring))
    }

    /// The sign-up form of that name.
    #[must_use]
    pub fn form(&self, slug: &str) -> String {
        self.url("f", slug)
    }

    /// The address that takes a withdrawal by mail, where an intake listens.
    #[must_use]
    pub fn leave_by_mail(&self, point: PointId, purpose: PurposeNo) -> Option<String> {
        let host = self.settings.intake_host.as_deref()?;
        let token = LeaveToken::new(self.workspace, point, purpose).mint_address(self.ring)?;
        Some(format!("{token}@{host}"))
    }

    /// The return path of a delivery.
    #[must_use]
    pub fn return_path(&self, delivery: DeliveryKey, now: Micros) -> String {
        let token = BounceToken::new(delivery, now).mint(self.ring);
        let host = &self.settings.mail_host;
        let mut out = String::with_capacity(token.len() + host.len() + 1);
        for part in [token.as_str(), "@", host.as_str()] {
            out.push_str(part);
        }
        out
    }
}
