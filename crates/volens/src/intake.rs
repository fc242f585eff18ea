//! The intake: a listener that takes withdrawals by mail, and nothing else.

use std::net::SocketAddr;
use std::sync::Arc;

use volens_app::App;
use volens_app::consent::{Press, What};
use volens_core::consent::Actor;
use volens_core::token::{AddressToken, LeaveToken};
use volens_wire::{Envelope, Listener, ListenerConfig, Mailroom, Verdict};

/// A withdrawal needs no more than its envelope.
const MAX_SIZE: usize = 1024 * 1024;

/// Where the intake listens, and for which domain.
#[derive(Clone, Debug)]
pub struct IntakeSetup {
    /// Address and port.
    pub listen: SocketAddr,
    /// The domain behind the at sign of the tokens.
    pub host: String,
}

/// Starts to listen.
///
/// # Errors
/// When the port is taken or may not be used.
pub async fn listen(setup: &IntakeSetup, app: Arc<App>) -> std::io::Result<Listener> {
    let mut config = ListenerConfig::new(&setup.host);
    config.max_size = MAX_SIZE;
    let room = LeaveRoom { app, host: setup.host.clone() };
    Listener::bind(setup.listen, config, room).await
}

/// Takes mail to leave tokens. The withdrawal counts with the message, not with RCPT: servers that only ask whether an
/// address exists get that far too.
struct LeaveRoom {
    app: Arc<App>,
    host: String,
}

impl LeaveRoom {
    fn token(&self, to: &str) -> Option<LeaveToken> {
        let (local, host) = to.rsplit_once('@')?;
        if !host.eq_ignore_ascii_case(&self.host) {
            return None;
        }
        match AddressToken::verify(local, &self.app.ring, self.app.now()) {
            Ok(AddressToken::Leave(token)) => Some(token),
            _ => None,
        }
    }
}

impl Mailroom for LeaveRoom {
    async fn recipient(&self, _from: &str, to: &str) -> Verdict {
        match self.token(to) {
            Some(_) => Verdict::Accept,
            None => Verdict::Refuse {
                code: 550,
                enhanced: (5, 1, 1),
                text: "Only unsubscribe addresses of our letters are read here".into(),
            },
        }
    }

    async fn message(&self, envelope: Envelope, _bytes: Vec<u8>) -> Verdict {
        for token in envelope.recipients.iter().filter_map(|to| self.token(to)) {
            let press = Press::default();
            let what = What::Purpose(token.purpose);
            if let Err(e) = self.app.leave(&token, what, "mailto", Actor::Person, &press).await {
                tracing::warn!(error = %e, "a withdrawal by mail could not be recorded yet");
                let text = if e.is_busy() {
                    "The withdrawal cannot be written just now, please send it again later"
                } else {
                    "The record of this address is gone: nothing will be sent to it"
                };
                let (code, class) = if e.is_busy() { (451, 4) } else { (550, 5) };
                return Verdict::Refuse { code, enhanced: (class, 3, 0), text: text.into() };
            }
        }
        Verdict::Accept
    }
}
