//! Threads that make RSA signatures, behind a bounded queue.
//!
//! A signature keeps a core busy for most of a millisecond: on the threads of the runtime it would stall every other
//! request. So there are as many signing threads as cores, and a queue that says at once when it is full rather than
//! letting callers wait without end.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

/// Signatures that may wait for each thread: about 45 ms of work.
const QUEUED_PER_THREAD: usize = 64;

/// Why there is no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignError {
    /// The queue is full; the caller may come back in a second.
    Busy,
    /// The key could not sign, or the thread broke off.
    Failed,
}

/// A pool of signing threads; they end when it is dropped.
pub(crate) struct Signer {
    queue: Sender<Job>,
}

struct Job {
    work: Box<dyn FnOnce() -> Option<Vec<u8>> + Send>,
    reply: oneshot::Sender<Option<Vec<u8>>>,
}

impl Signer {
    /// Starts a thread for each core.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(crate) fn start() -> std::io::Result<Self> {
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::with(threads, threads * QUEUED_PER_THREAD).map(|(signer, _)| signer)
    }

    fn with(threads: usize, queued: usize) -> std::io::Result<(Self, Vec<JoinHandle<()>>)> {
        let (queue, jobs) = bounded(queued);
        let handles = (0..threads)
            .map(|number| {
                let jobs = jobs.clone();
                thread::Builder::new().name(format!("signer-{number}")).spawn(move || work_off(&jobs))
            })
            .collect::<Result<_, _>>()?;
        Ok((Self { queue }, handles))
    }

    /// Signs `input` with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 7518 §3.3).
    ///
    /// # Errors
    /// [`SignError`].
    pub(crate) async fn sign(&self, key: Arc<RsaKeyPair>, input: Vec<u8>) -> Result<Vec<u8>, SignError> {
        self.run(move || {
            let mut signature = vec![0; key.public_modulus_len()];
            // PKCS #1 v1.5 draws no randomness; the interface asks for a source all the same.
            key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &input, &mut signature).ok()?;
            Some(signature)
        })
        .await
    }

    async fn run(&self, work: impl FnOnce() -> Option<Vec<u8>> + Send + 'static) -> Result<Vec<u8>, SignError> {
        let (reply, answer) = oneshot::channel();
        let job = Job { work: Box::new(work), reply };
        self.queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => SignError::Busy,
            TrySendError::Disconnected(_) => SignError::Failed,
        })?;
        answer.await.ok().flatten().ok_or(SignError::Failed)
    }
}

/// Takes jobs until no [`Signer`] is left that could send one.
fn work_off(jobs: &Receiver<Job>) {
    for job in jobs {
        // Whoever asked has gone: the signature would be for nobody.
        if job.reply.is_closed() {
            continue;
        }
        // A panic must cost one answer, not the thread.
        let signature = catch_unwind(AssertUnwindSafe(job.work)).unwrap_or_else(|_| {
            tracing::error!("a signing job panicked");
            None
        });
        // Fails only if the caller has gone meanwhile.
        let _ = job.reply.send(signature);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    /// Ends what [`occupy`] began when it is dropped: the jobs wait for `_release`, and `_answers` look awaited till then.
    pub(crate) struct Occupied {
        _release: Sender<()>,
        _answers: Vec<oneshot::Receiver<Option<Vec<u8>>>>,
    }

    /// Keeps all `threads` of `signer` busy and its queue full until the returned value is dropped.
    pub(crate) fn occupy(signer: &Signer, threads: usize) -> Occupied {
        let (release, wait) = bounded::<()>(0);
        let (begun, begins) = bounded::<()>(threads);
        let mut answers = Vec::new();
        let mut send = |signer: &Signer| {
            let (wait, begun) = (wait.clone(), begun.clone());
            let (reply, answer) = oneshot::channel();
            answers.push(answer);
            let work = Box::new(move || {
                let _ = begun.try_send(());
                let _ = wait.recv();
                None
            });
            signer.queue.try_send(Job { work, reply }).is_ok()
        };
        for _ in 0..threads {
            assert!(send(signer));
            begins.recv().unwrap();
        }
        while send(signer) {}
        Occupied {
            _release: release,
            _answers: answers,
        }
    }

    #[tokio::test]
    async fn signs_what_the_public_key_verifies() {
        let (signer, _) = Signer::with(1, 1).unwrap();
        let key = Arc::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
        let signature = signer.sign(Arc::clone(&key), b"input".to_vec()).await.unwrap();
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref())
            .verify(b"input", &signature)
            .unwrap();
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once_and_works_again_later() {
        let (signer, _) = Signer::with(1, 2).unwrap();
        let occupied = occupy(&signer, 1);
        assert_eq!(signer.run(|| Some(vec![1])).await, Err(SignError::Busy));
        drop(occupied);
        let mut answer = signer.run(|| Some(vec![1])).await;
        while answer == Err(SignError::Busy) {
            tokio::task::yield_now().await;
            answer = signer.run(|| Some(vec![1])).await;
        }
        assert_eq!(answer, Ok(vec![1]));
    }

    #[tokio::test]
    async fn a_panic_costs_one_answer() {
        let (signer, _) = Signer::with(1, 1).unwrap();
        assert_eq!(signer.run(|| panic!("on purpose")).await, Err(SignError::Failed));
        assert_eq!(signer.run(|| Some(vec![2])).await, Ok(vec![2]));
    }

    #[test]
    fn threads_end_with_their_handle() {
        let (signer, threads) = Signer::with(2, 1).unwrap();
        drop(signer);
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
