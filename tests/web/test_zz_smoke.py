import sys, time; sys.path.insert(0, "/tmp/stubs")
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from atoll_web.assembly import services as assembly
from atoll_web.sales.models import OrderLine
def test_smoke(company, signed_in, settings):
    t=time.time()
    settings.ROOT_URLCONF = "stub_urls"
    o1 = company.order(2, head="HEAD-S", dimmer="DIMMER")
    o2 = company.order(3, head="HEAD-L", arm="ARM-L", extras=["CLAMP"], engraving="Anna")
    print("orders", time.time()-t)
    fas = assembly.release(actor=company.actor("planner"), lines=list(o1.lines.all()))
    o3 = company.order(1)
    client = signed_in("sales")
    for p in ("/", "/configure", "/configure/DL", "/configure/DL?f.head=HEAD-L&f.arm=ARM-S", "/configure/DL?f.head=HEAD-L&f.engraving=!!&quantity=x", "/orders", "/orders.csv", "/orders.json", f"/orders/{o1}", f"/orders/{o2}.json", f"/orders/{o2}",f"/orders/{o2}/1/why", f"/orders/{o2}/1/why.json", "/customers", "/customers/ACME","/customers/MUELLER","/customers/MUELLER.json", "/models", "/models/DL", "/models/DL.json", "/search?q=SO"):
        with CaptureQueriesContext(connection) as c:
            r = client.get(p); body = (b"".join(r.streaming_content) if r.streaming else r.content).decode()
        print(p, r.status_code, len(c), len(body))
        if len(c) > 15:
            for q in c: print("   ", q["sql"][:150])
        __import__("pathlib").Path("/tmp/stubs/" + p.replace("/", "_") + ".html").write_text(body)
        assert r.status_code == 200
