//! Where messages wait for a session. A message wakes the session that became free last: few connections stay warm
//! and the others may close.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};

use super::outcome::Outgoing;

pub(crate) struct Queue<K> {
    inner: Mutex<Inner<K>>,
    slots: Semaphore,
    /// One per session.
    bells: Box<[Notify]>,
}

struct Inner<K> {
    items: VecDeque<Outgoing<K>>,
    /// Waiting sessions that have a connection, the last one to come at the end.
    warm: Vec<usize>,
    /// Waiting sessions without a connection.
    cold: Vec<usize>,
    closed: bool,
}

/// What a session finds.
pub(crate) enum Taken<K> {
    Message(Outgoing<K>),
    /// Nothing: the session is now on the list and its bell will ring.
    Wait,
    /// Nothing, and nothing will come.
    Closed,
}

impl<K> Queue<K> {
    pub fn new(sessions: usize, capacity: usize) -> Self {
        Self {
            inner: Mutex::new(Inner {
                items: VecDeque::with_capacity(capacity),
                warm: Vec::with_capacity(sessions),
                cold: Vec::with_capacity(sessions),
                closed: false,
            }),
            slots: Semaphore::new(capacity),
            bells: (0..sessions).map(|_| Notify::new()).collect(),
        }
    }

    /// Waits for room and puts a message in, before all others if it is `urgent`; gives it back if the queue is closed.
    pub async fn push(&self, message: Outgoing<K>, urgent: bool) -> Result<(), Outgoing<K>> {
        match self.slots.acquire().await {
            Ok(slot) => {
                slot.forget();
                self.put(message, urgent)
            }
            Err(_) => Err(message),
        }
    }

    /// Puts a message in if there is room now.
    pub fn try_push(&self, message: Outgoing<K>) -> Result<(), Outgoing<K>> {
        match self.slots.try_acquire() {
            Ok(slot) => {
                slot.forget();
                self.put(message, false)
            }
            Err(_) => Err(message),
        }
    }

    /// Takes a message without waiting for one.
    pub fn try_take(&self) -> Option<Outgoing<K>> {
        let message = self.lock().items.pop_front();
        if message.is_some() {
            self.slots.add_permits(1);
        }
        message
    }

    /// Takes all messages that wait.
    pub fn take_all(&self) -> VecDeque<Outgoing<K>> {
        let all = std::mem::take(&mut self.lock().items);
        self.slots.add_permits(all.len());
        all
    }

    /// Takes a message or puts the session on the waiting list.
    pub fn take(&self, session: usize, warm: bool) -> Taken<K> {
        let mut inner = self.lock();
        inner.leave_lists(session);
        if let Some(message) = inner.items.pop_front() {
            drop(inner);
            self.slots.add_permits(1);
            return Taken::Message(message);
        }
        if inner.closed {
            return Taken::Closed;
        }
        if warm {
            inner.warm.push(session);
        } else {
            inner.cold.push(session);
        }
        Taken::Wait
    }

    /// Resolves when the session's bell has rung.
    pub async fn bell(&self, session: usize) {
        self.bells[session].notified().await;
    }

    /// True once [`Queue::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// No more messages in; what waited comes out. Sessions find `Closed`.
    pub fn close(&self) -> VecDeque<Outgoing<K>> {
        let mut inner = self.lock();
        inner.closed = true;
        let rest = std::mem::take(&mut inner.items);
        drop(inner);
        self.slots.close();
        self.bells.iter().for_each(Notify::notify_one);
        rest
    }

    fn put(&self, message: Outgoing<K>, urgent: bool) -> Result<(), Outgoing<K>> {
        let mut inner = self.lock();
        if inner.closed {
            return Err(message);
        }
        if urgent {
            inner.items.push_front(message);
        } else {
            inner.items.push_back(message);
        }
        let next = inner.next_waiting();
        drop(inner);
        self.ring(next);
        Ok(())
    }

    fn ring(&self, session: Option<usize>) {
        if let Some(session) = session {
            self.bells[session].notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Inner<K> {
    fn leave_lists(&mut self, session: usize) {
        self.warm.retain(|&waiting| waiting != session);
        self.cold.retain(|&waiting| waiting != session);
    }

    fn next_waiting(&mut self) -> Option<usize> {
        self.warm.pop().or_else(|| self.cold.pop())
    }
}
