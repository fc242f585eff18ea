//! Everything that can be asked of Volens from the command line: one enum, carried out in process or over the socket.

use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use volens_app::AppError;
use volens_app::import::{ImportBatch, ImportOrder, ImportRow};
use volens_store::StoreError;

use crate::runtime::StartError;

/// What is asked, and of which workspace: the only one when none is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The short name of the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum What {
    /// Begin an import; answers with its batch.
    ImportBegin {
        /// Its order.
        order: ImportOrder,
    },
    /// Bring lines of an import in.
    ImportRows {
        /// The import.
        batch: Box<ImportBatch>,
        /// The lines.
        rows: Vec<ImportRow>,
    },
    /// Everything about one address.
    ContactShow {
        /// The address.
        address: String,
    },
    /// May we write to an address, and why: about one purpose or all.
    ContactWhy {
        /// The address.
        address: String,
        /// The short name of the purpose.
        purpose: Option<String>,
    },
    /// Make a draft of a letter.
    CampaignCreate {
        /// What operators call it.
        name: String,
        /// The letter.
        letter: String,
    },
    /// All campaigns.
    CampaignList,
    /// A letter as one reader would get it.
    CampaignPreview {
        /// Name, id or number; the newest when nothing is named.
        campaign: Option<String>,
        /// The reader's address; a made-up reader otherwise.
        to: Option<String>,
    },
    /// Do something with a campaign; answers where it stands then.
    Campaign {
        /// Name, id or number; the newest when nothing is named.
        campaign: Option<String>,
        /// What.
        step: Step,
    },
    /// Fold all logs again and compare with what is stored.
    ConsentRebuild {
        /// Look only.
        check: bool,
    },
    /// What `doctor` needs to know of the database.
    Checks,
    /// Take up once more the sign-ups that were put aside; answers how many in each workspace.
    RetrySignUps,
}

/// What can be done with a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Nothing: see where it stands.
    Look,
    /// Send a draft.
    Send,
    /// Let no further mail leave.
    Pause,
    /// Go on.
    Resume,
    /// Stop for good.
    Cancel,
}

/// How far a long work is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is done, in words.
    pub what: String,
    /// So many.
    pub done: u64,
    /// Of so many.
    pub total: u64,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Of which kind.
    pub kind: Kind,
    /// What happened, why, what to do.
    pub message: String,
}

/// The kinds of failure, each with an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something broke: 1.
    Failed,
    /// The configuration or the arguments are wrong: 2, as for a flag that does not exist.
    Usage,
    /// What was named is not there: 3.
    NotFound,
    /// It makes no sense as things stand: 4.
    Refused,
    /// Not now; the same may work later: 5.
    Busy,
    /// A check found something: 6.
    Found,
}

/// The exit codes, for `--help`.
pub const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong arguments or configuration, 3 not found, 4 refused \
                              as things stand, 5 not now (try again), 6 a check found something";

impl Failure {
    /// A failure of that kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl Kind {
    /// Its exit code.
    #[must_use]
    pub fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Refused => 4,
            Self::Busy => 5,
            Self::Found => 6,
        })
    }
}

impl From<AppError> for Failure {
    fn from(e: AppError) -> Self {
        let kind = match &e {
            _ if e.is_busy() => Kind::Busy,
            AppError::NotFound(_) | AppError::Store(StoreError::Missing(_)) => Kind::NotFound,
            AppError::Store(StoreError::State(_))
            | AppError::Refused(_)
            | AppError::Address(_)
            | AppError::Letter(_)
            | AppError::Render(_)
            | AppError::Header(_) => Kind::Refused,
            AppError::Store(_) | AppError::WrongKey => Kind::Failed,
        };
        Self::new(kind, e.to_string())
    }
}

impl From<StartError> for Failure {
    fn from(e: StartError) -> Self {
        match e {
            StartError::App(e) => e.into(),
            StartError::Folder(_) => Self::new(Kind::Busy, e.to_string()),
            StartError::Listen { .. } | StartError::Socket(_) | StartError::Skew { .. } => {
                Self::new(Kind::Failed, e.to_string())
            }
        }
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(e: crate::config::ConfigError) -> Self {
        Self::new(Kind::Usage, e.to_string())
    }
}

impl From<crate::master::KeyFileError> for Failure {
    fn from(e: crate::master::KeyFileError) -> Self {
        Self::new(Kind::Usage, e.to_string())
    }
}

/// One line from the process that carries a request out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// It goes on.
    Progress(Progress),
    /// It is done; the answer.
    Done(Value),
    /// It was not done.
    Failed(Failure),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_travel_as_one_line_of_json() {
        let requests = [
            Request { workspace: None, what: What::Checks },
            Request {
                workspace: Some("bakery".into()),
                what: What::ContactWhy { address: "a@b.example\n".into(), purpose: None },
            },
            Request { workspace: None, what: What::Campaign { campaign: Some("May".into()), step: Step::Send } },
        ];
        for request in requests {
            let line = serde_json::to_string(&request).unwrap();
            assert!(!line.contains('\n'));
            assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
        }
    }
}
