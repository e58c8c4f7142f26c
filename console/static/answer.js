// The token of a one-time link stands behind # in its address, where no server and no log sees it.
// It is moved into the form and out of the address, and the form is sent.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("open-link");
  const token = decodeURIComponent(location.hash.slice(1));
  if (!form || !token) return;
  form.elements.token.value = token;
  history.replaceState(null, "", location.pathname);
  form.submit();
});
