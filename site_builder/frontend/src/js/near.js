// Fetch what stands below only when the reader comes near it; who asks to be spared data is spared it.
const NEAR = "600px";

export function whenNear(section, act) {
  if (navigator.connection?.saveData || !("IntersectionObserver" in window)) return;
  // What is hidden is near nothing: look at what stands after it.
  const watched = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watched.disconnect();
      act().catch(() => {});
    },
    { rootMargin: NEAR },
  );
  watched.observe(section.nextElementSibling ?? document.querySelector("footer"));
}
