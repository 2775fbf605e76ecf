//! SQLite's own functions, for the statements that every batch has: no journey to another thread, no copy of what is bound, and
//! each text prepared once for a connection. The one place where they are called; everything else goes through `sqlx`.

mod said;

use std::{
    borrow::Cow,
    collections::HashMap,
    ffi::{CStr, c_int},
    fmt,
    future::Future,
    marker::PhantomData,
    mem::{ManuallyDrop, take},
    pin::pin,
    ptr::{self, NonNull},
    task::{Context, Poll, Waker},
    thread,
};

use libsqlite3_sys as ffi;
use said::Said;
use sqlx::{Connection as _, SqliteConnection};

/// A connection of `sqlx`, whose statements are run by `sqlx` on a thread of its own, or here.
///
/// Both must never be in SQLite at once. The thread of `sqlx` calls it for a command alone, and carries out one after the
/// other: when it has let go of the connection, it stays out of it until it is sent the next command. Whoever sends one has
/// the `&mut SqliteConnection` from here. `sqlx` promises it as long as the connection is locked, which would be a journey for
/// each batch; that it is so afterwards, too, is seen in `connection/worker.rs` of `sqlx-sqlite` 0.9.
pub(crate) struct Connection {
    statements: Statements,
    /// The connection, when `sqlx` is out of it and was asked for nothing since.
    idle: Option<NonNull<ffi::sqlite3>>,
    /// Dropped after the statements: SQLite closes no connection that has some.
    sqlx: ManuallyDrop<SqliteConnection>,
}

/// Prepared statements, by what tells them apart.
type Statements = HashMap<Key, NonNull<ffi::sqlite3_stmt>>;

/// Place of a text, or of what makes it, with its length, or the number of rows that it is for.
type Key = (usize, usize);

#[expect(
    unsafe_code,
    reason = "a pointer of SQLite goes from thread to thread with its connection"
)]
// SAFETY: SQLite is built for several threads (`sqlx` refuses any other), so a connection and its statements may be used by
// one thread after the other. They are used with a `&mut Connection`, and dropped with it.
unsafe impl Send for Connection {}

impl Connection {
    pub(super) fn new(sqlx: SqliteConnection) -> Self {
        Self {
            statements: HashMap::new(),
            idle: None,
            sqlx: ManuallyDrop::new(sqlx),
        }
    }

    /// For statements that come seldom.
    pub(crate) fn sqlx(&mut self) -> &mut SqliteConnection {
        self.idle = None;
        &mut self.sqlx
    }

    /// For those that every batch has.
    pub(super) async fn direct(&mut self) -> Result<Direct<'_>, sqlx::Error> {
        let db = match self.idle {
            Some(db) => db,
            // It has its turn after everything that `sqlx` was asked before, of which the end is not always waited for.
            None => self.sqlx.lock_handle().await?.as_raw_handle(),
        };
        self.idle = Some(db);
        Ok(Direct {
            db,
            statements: &mut self.statements,
        })
    }

    /// Closes it and waits for the end, which a drop does not.
    #[expect(unsafe_code, reason = "what has a drop of its own cannot be taken apart otherwise")]
    pub(super) async fn close(mut self) -> Result<(), sqlx::Error> {
        self.finalize();
        let mut closed = ManuallyDrop::new(self);
        drop(take(&mut closed.statements));
        // SAFETY: it is taken once, and what it was taken from is not dropped any more.
        let sqlx = unsafe { ManuallyDrop::take(&mut closed.sqlx) };
        sqlx.close().await
    }

    /// Leaves no statement.
    #[expect(unsafe_code, reason = "SQLite is a library in C")]
    fn finalize(&mut self) {
        if self.idle.is_none() && !self.statements.is_empty() {
            // After a failure. An error says that the thread of `sqlx` has ended, and is out of the connection as well.
            let _ = at_once(self.sqlx.lock_handle());
        }
        for (_, statement) in self.statements.drain() {
            // SAFETY: it was prepared on this connection, which is open, nobody is in it, and none is finalized twice.
            unsafe { ffi::sqlite3_finalize(statement.as_ptr()) };
        }
    }
}

impl Drop for Connection {
    #[expect(unsafe_code, reason = "the statements have to go before the connection")]
    fn drop(&mut self) {
        self.finalize();
        // SAFETY: it is dropped once, and nobody uses it afterwards.
        unsafe { ManuallyDrop::drop(&mut self.sqlx) };
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sqlx.fmt(f)
    }
}

/// Waits here for what takes a few microseconds.
fn at_once<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::yield_now(),
        }
    }
}

/// A connection that nobody else is in.
#[derive(Debug)]
pub(super) struct Direct<'c> {
    db: NonNull<ffi::sqlite3>,
    statements: &'c mut Statements,
}

impl Direct<'_> {
    /// A statement with this text, and values that are to be bound.
    pub(super) fn statement<'v>(&mut self, text: &'static str) -> Result<Bound<'_, 'v>, sqlx::Error> {
        self.made(text, text.len(), || text.into())
    }

    /// The same with a text that is made when it is needed first, by `maker` and for so many rows.
    pub(super) fn made<'v, M: ?Sized>(
        &mut self,
        maker: &'static M,
        rows: usize,
        text: impl FnOnce() -> Cow<'static, str>,
    ) -> Result<Bound<'_, 'v>, sqlx::Error> {
        let key = (ptr::from_ref(maker).addr(), rows);
        let statement = match self.statements.get(&key) {
            Some(known) => *known,
            None => {
                let new = self.prepare(&text())?;
                self.statements.insert(key, new);
                new
            }
        };
        Ok(Bound::new(self.db, statement))
    }

    #[expect(unsafe_code, reason = "SQLite is a library in C")]
    fn prepare(&self, text: &str) -> Result<NonNull<ffi::sqlite3_stmt>, sqlx::Error> {
        let length = c_int::try_from(text.len()).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let mut statement = ptr::null_mut();
        // SAFETY: the connection is open and nobody else is in it; the text has this length, and is not used afterwards.
        unsafe {
            ffi::sqlite3_prepare_v3(
                self.db.as_ptr(),
                text.as_ptr().cast(),
                length,
                ffi::SQLITE_PREPARE_PERSISTENT,
                &raw mut statement,
                ptr::null_mut(),
            )
        };
        NonNull::new(statement).ok_or_else(|| said(self.db))
    }
}

/// Value of a statement's parameter.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'v> {
    Null,
    Number(i64),
    Text(&'v str),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Value<'_> {
    fn from(is_so: bool) -> Self {
        Self::Number(is_so.into())
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(text)
    }
}

impl<'v, T: Into<Self>> From<Option<T>> for Value<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A statement with its values, which are not copied.
///
/// What is bound lives as long as this is used. Afterwards the statement still has pointers to it, which SQLite does not
/// follow: they are forgotten when the statement is used next, before anything runs.
#[derive(Debug)]
pub(super) struct Bound<'d, 'v> {
    db: NonNull<ffi::sqlite3>,
    statement: NonNull<ffi::sqlite3_stmt>,
    count: c_int,
    /// Of the first value that could not be bound.
    refused: Option<sqlx::Error>,
    lives: PhantomData<(&'d mut (), &'v str)>,
}

/// Result of a statement without rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub(super) rows_affected: u64,
    pub(super) last_insert_rowid: i64,
}

impl<'v> Bound<'_, 'v> {
    #[expect(unsafe_code, reason = "SQLite is a library in C")]
    fn new(db: NonNull<ffi::sqlite3>, statement: NonNull<ffi::sqlite3_stmt>) -> Self {
        // SAFETY: a statement that was prepared and not finalized, on a connection that nobody else is in.
        unsafe {
            ffi::sqlite3_reset(statement.as_ptr());
            ffi::sqlite3_clear_bindings(statement.as_ptr());
        }
        Self {
            db,
            statement,
            count: 0,
            refused: None,
            lives: PhantomData,
        }
    }

    /// Binds the next parameter. Those that are not bound are null.
    #[expect(unsafe_code, reason = "SQLite is a library in C")]
    pub(super) fn bind(&mut self, value: impl Into<Value<'v>>) -> &mut Self {
        self.count += 1;
        let statement = self.statement.as_ptr();
        // SAFETY: the statement is there, nobody else is in its connection, and it is not running: it was reset, and whoever
        // runs it consumes this. A text lives longer than this does.
        let result = unsafe {
            match value.into() {
                Value::Null => ffi::sqlite3_bind_null(statement, self.count),
                Value::Number(number) => ffi::sqlite3_bind_int64(statement, self.count, number),
                Value::Text(text) => ffi::sqlite3_bind_text64(
                    statement,
                    self.count,
                    text.as_ptr().cast(),
                    text.len() as u64,
                    ffi::SQLITE_STATIC(),
                    UTF8,
                ),
            }
        };
        if result != ffi::SQLITE_OK {
            self.refused.get_or_insert_with(|| said(self.db));
        }
        self
    }

    /// Runs it, and tells what it has changed.
    #[expect(unsafe_code, reason = "SQLite is a library in C")]
    pub(super) fn execute(mut self) -> Result<Done, sqlx::Error> {
        while self.step()? {}
        // SAFETY: the connection is open, and nobody else is in it.
        unsafe {
            Ok(Done {
                rows_affected: ffi::sqlite3_changes64(self.db.as_ptr()).unsigned_abs(),
                last_insert_rowid: ffi::sqlite3_last_insert_rowid(self.db.as_ptr()),
            })
        }
    }

    /// Runs it, and reads its rows, which are of so many numbers.
    #[expect(unsafe_code, reason = "SQLite is a library in C")]
    pub(super) fn numbers<const N: usize>(mut self) -> Result<Vec<[i64; N]>, sqlx::Error> {
        let mut rows = Vec::new();
        while self.step()? {
            let mut column = 0..;
            rows.push([(); N].map(|()| {
                // SAFETY: the statement is at a row. Of a column that it does not have, SQLite says 0.
                unsafe { ffi::sqlite3_column_int64(self.statement.as_ptr(), column.next().unwrap_or_default()) }
            }));
        }
        Ok(rows)
    }

    /// Goes on to the next row; false at the end.
    #[expect(unsafe_code, reason = "SQLite is a library in C")]
    fn step(&mut self) -> Result<bool, sqlx::Error> {
        if let Some(refused) = self.refused.take() {
            return Err(refused);
        }
        // SAFETY: the statement is there, nobody else is in its connection, and what is bound to it lives.
        match unsafe { ffi::sqlite3_step(self.statement.as_ptr()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            _ => Err(said(self.db)),
        }
    }
}

impl Drop for Bound<'_, '_> {
    /// A statement that is not at its beginning would keep the transaction open.
    #[expect(unsafe_code, reason = "SQLite is a library in C")]
    fn drop(&mut self) {
        // SAFETY: the statement is there, and nobody else is in its connection. What it returns was told already.
        unsafe { ffi::sqlite3_reset(self.statement.as_ptr()) };
    }
}

/// Encoding of a text that is bound. SQLite has the number as an `int` and takes it as a byte.
const UTF8: u8 = 1;
const _: () = assert!(ffi::SQLITE_UTF8 == 1);

#[expect(unsafe_code, reason = "SQLite is a library in C")]
fn said(db: NonNull<ffi::sqlite3>) -> sqlx::Error {
    // SAFETY: the connection is open, and nobody else is in it, so its message, which ends with a zero, stays until it is copied.
    let (code, message) = unsafe {
        let message = CStr::from_ptr(ffi::sqlite3_errmsg(db.as_ptr()));
        (ffi::sqlite3_extended_errcode(db.as_ptr()), message.to_string_lossy())
    };
    sqlx::Error::Database(Box::new(Said {
        code,
        message: message.into_owned(),
    }))
}

#[cfg(test)]
mod tests;
