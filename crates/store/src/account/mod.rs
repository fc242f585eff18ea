//! The instance and its workspaces.

pub mod instance;
pub mod workspace;

pub use instance::{Node, RelayRow};
pub use workspace::{NewWorkspace, WorkspaceRow};
