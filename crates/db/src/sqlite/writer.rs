//! The one writer: group commit. All jobs in one transaction, one fsync, then the answers; one that fails fails alone.

use rusqlite::Connection;

use crate::error::DbError;
use crate::tx::{Inner, Tx};

use super::checkpoint::Checkpoints;
use super::error;
use super::work::{Pressure, Queue, Turn, Work};

/// Serves the queue until it is closed and empty.
pub(super) fn run(mut conn: Connection, queue: &Queue, gate: &Checkpoints) {
    loop {
        let (batch, bulk) = match queue.next() {
            Turn::Interactive(batch) => (batch, false),
            Turn::Bulk(work) => (vec![work], true),
            Turn::End => break,
        };
        let _pass = gate.enter();
        let mut writer = Writer { conn: &mut conn, pressure: bulk.then_some(&queue.pressure) };
        writer.serve(batch);
    }
}

struct Writer<'a> {
    conn: &'a mut Connection,
    /// Only for the bulk lane.
    pressure: Option<&'a Pressure>,
}

impl Writer<'_> {
    /// Together if there are several, and one by one if that dies.
    fn serve(&mut self, mut batch: Vec<Box<dyn Work>>) {
        if batch.len() == 1 {
            batch.into_iter().for_each(|work| self.alone(work));
            return;
        }
        match self.together(&mut batch) {
            Ok(()) => batch.into_iter().for_each(Work::settle),
            Err(DbError::Locked) => batch.into_iter().for_each(|work| work.refuse(DbError::Locked)),
            Err(why) => {
                tracing::warn!(jobs = batch.len(), %why, "a batch of database jobs died; its jobs run one by one");
                batch.into_iter().for_each(|work| self.alone(work));
            }
        }
    }

    /// All jobs in one transaction. Nearly always all of them are good: the first try goes without savepoints, each of
    /// which copies every page that its job touches. If one is not, all is undone, and each has a savepoint.
    fn together(&mut self, batch: &mut [Box<dyn Work>]) -> Result<(), DbError> {
        if self.all(batch, Self::bare)? {
            return Ok(());
        }
        self.all(batch, Self::in_savepoint).map(|_| ())
    }

    /// `false` when a job spoilt the transaction: it is rolled back. FULL, IOERR, NOMEM and INTERRUPT roll back the
    /// whole transaction whatever savepoint is open, and leave autocommit on: the batch is dead, and a statement run now
    /// would commit by itself.
    fn all(
        &mut self,
        batch: &mut [Box<dyn Work>],
        run: fn(&mut Self, &mut dyn Work) -> Result<bool, DbError>,
    ) -> Result<bool, DbError> {
        self.sql("BEGIN IMMEDIATE")?;
        for work in batch.iter_mut() {
            let step = run(self, &mut **work);
            if self.conn.is_autocommit() {
                return Err(step.err().unwrap_or_else(|| DbError::Damaged("the transaction was rolled back".into())));
            }
            if !step.inspect_err(|_| self.roll_back())? {
                self.roll_back();
                return Ok(false);
            }
        }
        self.sql("COMMIT").inspect_err(|_| self.roll_back()).map(|()| true)
    }

    fn bare(&mut self, work: &mut dyn Work) -> Result<bool, DbError> {
        let mut tx = Tx::new(Inner::Sqlite(self.conn));
        let good = work.attempt(&mut tx);
        let failed = tx.failed.take();
        if self.conn.is_autocommit() { Err(failed.unwrap_or(DbError::Full)) } else { Ok(good) }
    }

    /// A job that fails is undone alone.
    fn in_savepoint(&mut self, work: &mut dyn Work) -> Result<bool, DbError> {
        self.sql("SAVEPOINT job")?;
        if !self.bare(work)? {
            self.sql("ROLLBACK TO job")?;
        }
        self.sql("RELEASE job").map(|()| true)
    }

    /// One job in its own transaction, with its own verdict.
    fn alone(&mut self, mut work: Box<dyn Work>) {
        if let Err(why) = self.sql("BEGIN IMMEDIATE") {
            return work.refuse(why);
        }
        let mut tx = Tx::new(Inner::Sqlite(self.conn));
        tx.pressure = self.pressure;
        let good = work.attempt(&mut tx);
        let (rows, started) = (tx.bulk_rows, tx.started);
        if !good {
            self.roll_back();
            return work.settle();
        }
        match self.sql("COMMIT") {
            Ok(()) => {
                if let Some(pressure) = self.pressure {
                    pressure.learn(rows, started.elapsed());
                }
                work.settle();
            }
            Err(why) => {
                self.roll_back();
                work.refuse(why);
            }
        }
    }

    fn roll_back(&mut self) {
        if !self.conn.is_autocommit()
            && let Err(why) = self.sql("ROLLBACK")
        {
            tracing::error!(%why, "a transaction could not be rolled back");
        }
    }

    fn sql(&self, text: &'static str) -> Result<(), DbError> {
        let run = || self.conn.prepare_cached(text)?.raw_execute();
        run().map(|_| ()).map_err(|e| error(text, &e))
    }
}
